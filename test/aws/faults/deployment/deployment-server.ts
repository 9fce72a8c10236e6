/**
 * The HTTP server that receives every request to the simulated deployment: those of the AWS SDK and
 * those of the REST API.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { bodyOf, listen } from '../../../../testing/http-server.ts';
import type { AwsRequest } from '../calls.ts';
import type { Outcome } from './service-gate.ts';

export interface RequestHandler {
  answer(request: AwsRequest): Promise<Outcome>;
}

export interface DeploymentServer {
  readonly url: string;
  /** Answers the requests. While it is undefined, every connection fails. */
  handler: RequestHandler | undefined;
  close(): Promise<void>;
}

export async function startServer(): Promise<DeploymentServer> {
  const listening = await listen((incoming, response) => void serve(incoming, response));
  const server: DeploymentServer = {
    url: `http://${listening.address}`,
    handler: undefined,
    close: listening.close,
  };
  async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = {
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: incoming.headers,
      body: await bodyOf(incoming),
    };
    const outcome = (await server.handler?.answer(request)) ?? 'broken';
    // A caller that was killed never receives an answer.
    if (outcome === 'silent') return;
    // The request was read completely. Only the connection fails.
    if (outcome === 'broken') return void incoming.socket.destroy();
    response.writeHead(outcome.status, {
      'content-length': outcome.body.length,
      ...outcome.headers,
    });
    response.end(request.method === 'HEAD' ? undefined : outcome.body);
  }
  return server;
}
