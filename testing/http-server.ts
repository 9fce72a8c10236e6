/**
 * Servers on loopback, for the services of the host.
 *
 * @module
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';

export interface Listening {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * A connection that is closed just as a client uses it again is an error that AWS would not have.
 */
const KEEP_ALIVE_MS = 600_000;

export async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener);
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    address: `127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

/** Who signed a request; the SDK of a function signs with the access key id of its environment. */
export function callerOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return /Credential=([^/]+)\//u.exec(headers.authorization ?? '')?.[1];
}
