/**
 * Stands between functions and a service: every request goes through, and a test may end its caller
 * before it arrives, or after it took effect.
 *
 * @module
 */
import { Agent, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { bodyOf, callerOf, listen } from '../../../testing/http-server.ts';

export interface Call {
  /** Of the signature: `dynamodb`, `s3`, `sqs`, …; a request by a presigned URL has none. */
  readonly service: string;
  /** `PutItem`, `SubmitJob`, …; of REST services that name none, the method and the path. */
  readonly operation: string;
  /** The environment that signed it. */
  readonly caller: string | undefined;
}

/** What becomes of a request: on its way (`go`), or its connection is cut. */
export type Fate = 'go' | 'cut';

export interface Watch {
  before?(call: Call): Fate | Promise<Fate>;
  /** It took effect; its answer is on its way. */
  after?(call: Call): Fate | Promise<Fate>;
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
          path: unsigned(url ?? '/'),
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
 * Emulators know the keys of nobody here, and refuse URLs that were presigned with them: past the
 * gate they are plain.
 */
function unsigned(url: string): string {
  const [path = '/', query = ''] = url.split('?');
  if (!query.includes('X-Amz-Signature=')) return url;
  const left = query.split('&').filter((pair) => !pair.startsWith('X-Amz-'));
  return left.length === 0 ? path : `${path}?${left.join('&')}`;
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
