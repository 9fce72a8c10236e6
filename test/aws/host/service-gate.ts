/**
 * A proxy between functions and a service. A test can crash the caller of a request before it
 * arrives, or after it took effect.
 *
 * @module
 */
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { bodyOf, callerOf, listen } from '../../../testing/http-server.ts';

export interface Call {
  /** As in the signature: `dynamodb`, `s3`, `sqs`, …; empty for a presigned URL. */
  readonly service: string;
  /** `PutItem`, `SubmitJob`, …; for other REST services, the method and the path. */
  readonly operation: string;
  /** The environment that signed it. */
  readonly caller: string | undefined;
}

/** Whether a request or its answer is forwarded, or its connection is cut. */
export type GateDecision = 'forward' | 'cut';

export interface Watch {
  /** Called before the request is forwarded. */
  before?(call: Call): GateDecision | Promise<GateDecision>;
  /** Called when the request took effect, before its answer is forwarded. */
  after?(call: Call): GateDecision | Promise<GateDecision>;
}

export interface Gate {
  readonly url: string;
  close(): Promise<void>;
}

export async function startGate(target: string, watch: Watch): Promise<Gate> {
  const agent = new Agent({ keepAlive: true });
  const { hostname, port } = new URL(target);

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(incoming);
    const call = callOf(incoming);
    if ((await watch.before?.(call)) === 'cut') return void incoming.destroy();
    const answered = await forward(incoming, body);
    const answer = await bodyOf(answered);
    if ((await watch.after?.(call)) === 'cut') return void incoming.destroy();
    const { 'transfer-encoding': _, connection: __, ...headers } = answered.headers;
    response.writeHead(answered.statusCode ?? 502, headers);
    response.end(answer);
  }

  const forward = (
    { method, url, headers }: IncomingMessage,
    body: Buffer,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const outgoing = request(
        {
          hostname,
          port,
          method,
          path: withoutSignature(url ?? '/'),
          agent,
          headers: { ...headers, 'content-length': body.length },
        },
        resolve,
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });

  const server = await listen((incoming, response) => {
    pass(incoming, response).catch(() => incoming.destroy());
  });
  return {
    url: `http://${server.address}`,
    async close() {
      await server.close();
      agent.destroy();
    },
  };
}

/**
 * Removes the signature of a presigned URL: emulators do not know the signing keys and would reject
 * it.
 */
function withoutSignature(url: string): string {
  const [path = '/', query = ''] = url.split('?');
  if (!query.includes('X-Amz-Signature=')) return url;
  // S3 refuses headers of the response in requests without a signature.
  const kept = query.split('&').filter((pair) => !/^(?:X-Amz-|response-)/.test(pair));
  return kept.length === 0 ? path : `${path}?${kept.join('&')}`;
}

function callOf({ headers, method = '', url = '/' }: IncomingMessage): Call {
  const [, service = ''] =
    /Credential=[^/]+\/[^/]+\/[^/]+\/([^/]+)\//u.exec(headers.authorization ?? '') ?? [];
  const target = headers['x-amz-target'];
  const [path = '/'] = url.split('?');
  const operation =
    typeof target === 'string'
      ? (target.split('.').at(-1) ?? target)
      : service === 'batch'
        ? (path.split('/').at(-1) ?? path)
        : `${method} ${path}`;
  return { service, operation, caller: callerOf({ headers }) };
}
