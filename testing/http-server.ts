/**
 * HTTP servers on loopback, for the emulated services.
 *
 * @module
 */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';

export interface Listening {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  close(): Promise<void>;
}

/** Long, because AWS does not close a connection at the moment in which a client reuses it. */
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
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
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

/** Returns the access key id that signed a request; each function environment has its own. */
export function callerOf({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  return /Credential=([^/]+)\//u.exec(headers.authorization ?? '')?.[1];
}
