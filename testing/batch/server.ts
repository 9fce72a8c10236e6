/**
 * The emulator's HTTP server: Batch's REST protocol under `/v1`, and the emulator's own paths under
 * `/_batch`.
 *
 * @module
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Refusal } from './errors.ts';

export interface Answer {
  readonly status: number;
  readonly body: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Request {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Parsed JSON; `{}` for an empty body. */
  readonly body: unknown;
}

/** Answers a request; returns `undefined` for an unknown path. */
export type Handler = (request: Request) => Answer | undefined | Promise<Answer | undefined>;

const MAX_BODY_BYTES = 1024 * 1024;
const KEEP_ALIVE_MS = 600_000;

export function makeServer(handler: Handler): Server {
  const server = createServer((incoming, response) => {
    void answerTo(handler, incoming).then((answer) => send(response, answer));
  });
  // If the server closed a connection while a client reuses it, the client would see an error that
  // Batch does not have.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  return server;
}

async function answerTo(handler: Handler, incoming: IncomingMessage): Promise<Answer> {
  try {
    const url = new URL(incoming.url ?? '/', 'http://batch');
    const request = {
      method: incoming.method ?? 'GET',
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      body: await bodyOf(incoming),
    };
    return (
      (await handler(request)) ??
      refusalAnswer(new Refusal(`There is no operation ${request.method} ${request.path}`))
    );
  } catch (error) {
    if (error instanceof Refusal) return refusalAnswer(error);
    return refusalAnswer(
      new Refusal(
        error instanceof Error ? (error.stack ?? error.message) : String(error),
        'ServerException',
      ),
    );
  }
}

const refusalAnswer = (refusal: Refusal): Answer => ({
  status: refusal.httpStatus,
  body: { message: refusal.message },
  headers: { 'x-amzn-errortype': refusal.type },
});

async function bodyOf(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    const part = Buffer.from(chunk);
    size += part.length;
    if (size > MAX_BODY_BYTES) throw new Refusal('The request is too large');
    chunks.push(part);
  }
  const text = Buffer.concat(chunks).toString('utf8');
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal('The request is not JSON');
  }
}

function send(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, {
    'content-type': type,
    'x-amzn-requestid': crypto.randomUUID(),
    ...headers,
  });
  response.end(text);
}
