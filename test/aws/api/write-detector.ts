/**
 * A proxy between a client and a server on this machine. It compares the server's records before
 * and after each request, and reports the rejected requests that changed them.
 *
 * An active run changes its records itself: rejected requests during that time are undecided.
 *
 * @module
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Database } from '../../../src/local/store/database.ts';

export interface WriteDetector {
  readonly endpoint: string;
  /** The number of rejected requests that wrote nothing. */
  readonly unchanged: () => number;
  /** The number of rejected requests while a run was active. */
  readonly undecided: () => number;
  /** Descriptions of the rejected requests that changed the records. */
  readonly violations: readonly string[];
  stop(): Promise<void>;
}

/** More than the server accepts, so that the server itself rejects longer headers. */
const MAX_HEADER_BYTES = 2 ** 20;

/** The engine releases a run, which is a write, after the run has ended. */
const COUNT_ACTIVE_RUNS = `SELECT (SELECT count(*) FROM owners) +
  (SELECT count(*) FROM heads WHERE status IN ('queued', 'running', 'aborting'))`;

export async function startWriteDetector(server: string, home: string): Promise<WriteDetector> {
  const database = new Database(join(home, 'headrace.db'));
  const version = database.first('PRAGMA data_version');
  const activeRuns = database.first(COUNT_ACTIVE_RUNS);
  const violations: string[] = [];
  let unchanged = 0;
  let undecided = 0;
  /** `data_version` increases with each commit of another connection. */
  const records = (): string => JSON.stringify([version()?.[0], objectsIn(home)]);
  const isRunActive = (): boolean => Number(activeRuns()?.[0]) > 0;
  let queue: Promise<unknown> = Promise.resolve();

  async function check(incoming: IncomingMessage, reply: ServerResponse): Promise<void> {
    // In this order: a run that ends between the two changes the records once more.
    const activeBefore = isRunActive();
    const before = records();
    const status = await forward(server, incoming, reply);
    if (status < 400 || status >= 500) return;
    if (activeBefore || isRunActive()) undecided += 1;
    else if (records() === before) unchanged += 1;
    else
      violations.push(
        `${incoming.method} ${incoming.url?.slice(0, 300)} was rejected with ${status}, but changed the records`,
      );
  }

  const proxy = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (incoming, reply) => {
    // One at a time, so that a difference belongs to one request.
    queue = queue
      .then(() => check(incoming, reply))
      .catch((error: unknown) => reply.destroy(error instanceof Error ? error : undefined));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    unchanged: () => unchanged,
    undecided: () => undecided,
    violations,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
      database.close();
    },
  };
}

/** The paths of all files except records, logs and the server's own state. */
const objectsIn = (home: string): readonly string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(headrace\.db|logs|jobs|served|tmp|cache)/.test(path))
    .sort();

/** Resolves to the status when the response is forwarded. */
function forward(
  server: string,
  incoming: IncomingMessage,
  reply: ServerResponse,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server);
    const { method, url, rawHeaders } = incoming;
    const outgoing = request(
      { hostname, port, method, path: url, headers: rawHeaders },
      (response) => {
        const { statusCode = 0 } = response;
        reply.writeHead(statusCode, response.rawHeaders);
        response.pipe(reply);
        reply.on('error', reject);
        response.on('error', reject);
        response.on('end', () => resolve(statusCode));
      },
    );
    outgoing.on('error', reject);
    incoming.pipe(outgoing);
  });
}
