/**
 * `headrace console` in front of an API of a test, over HTTP.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { onTestFinished } from 'vitest';
import { createConsoleServer } from '../../../../src/cli/console/server.ts';
import type { Sign } from '../../../../src/client/signing.ts';
import { sessionSchema } from '../../../../src/wire/console.ts';
import { problemSchema } from '../../../../src/wire/service.ts';
import { aConsoleFolder } from '../../console-server/console-folder.ts';

interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** An API that records requests, and answers as a test decides. */
export async function anUpstream(answer: Answer) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.once('end', () => {
      const { method, url, headers } = request;
      received.push({ method, url, headers, body });
      answer(response, request);
    });
  });
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  return { received, endpoint: `http://127.0.0.1:${port}/live` };
}

export const json =
  (document: unknown, status = 200, type = 'application/json'): Answer =>
  (response) =>
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(document));

interface ConsoleOptions {
  readonly answer?: Answer;
  readonly endpoint?: string;
  readonly sign?: Sign;
  readonly readOnly?: boolean;
}

const signSecretly: Sign = async ({ headers }) => ({ ...headers, authorization: 'AWS4 secret' });

/** A console with a session. Its API has the path `/live`. */
export async function aConsole({
  answer = json({ items: [], next: null }),
  endpoint,
  sign = signSecretly,
  readOnly = false,
}: ConsoleOptions = {}) {
  const upstream = await anUpstream(answer);
  const errors: unknown[] = [];
  const { server, newCode } = createConsoleServer({
    endpoint: endpoint ?? upstream.endpoint,
    sign,
    remedy: 'run aws sso login --profile team',
    readOnly,
    command: 'headrace console --profile team',
    target: 'team',
    clock: { now: () => Date.parse('2026-11-30T10:00:00Z') },
    folder: aConsoleFolder(),
    host: '127.0.0.1',
    allowedHosts: [],
    onError: (error) => errors.push(error),
  });
  const port = await listening(server);
  onTestFinished(() => server.closeAllConnections());
  const origin = `http://127.0.0.1:${port}`;
  const opened = await fetch(`${origin}/console/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code: newCode() }),
  });
  const { token } = sessionSchema.parse(await opened.json());
  const authorization = `Bearer ${token}`;
  const send = (path: string, init: RequestInit = {}) =>
    fetch(`${origin}${path}`, { ...init, headers: { authorization, ...init.headers } });
  return { origin, port, token, send, received: upstream.received, upstream, errors };
}

export const problemIn = async (response: Response) => problemSchema.parse(await response.json());

/** Sends these lines as they are, and returns the head of the answer in lower case. */
export function rawHead(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let text = '';
    socket.once('error', reject).on('data', (bytes) => {
      text += bytes.toString();
      if (!text.includes('\r\n\r\n')) return;
      socket.destroy();
      resolve(text.split('\r\n\r\n')[0]?.toLowerCase() ?? '');
    });
  });
}
