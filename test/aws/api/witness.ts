/**
 * Stands between a client and a server on this machine, and looks at the server's records before
 * and after each request: one that is refused must have written nothing.
 *
 * Records that a run changes by itself meanwhile say nothing: such requests are counted apart.
 *
 * @module
 */
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { Database } from '../../../src/local/store/database.ts';

export interface Witness {
  readonly endpoint: string;
  /** Refused requests of which it is known that nothing was written. */
  readonly harmless: () => number;
  /** Refused requests while runs moved. */
  readonly unjudged: () => number;
  /** Refused requests after which the records were others. */
  readonly guilty: readonly string[];
  stop(): Promise<void>;
}

/** More than the server takes: it is to answer what is too long. */
const HEADER_BYTES = 2 ** 20;

const MOVING = `SELECT count(*) FROM heads WHERE status IN ('queued', 'running', 'aborting')`;

export async function startWitness(server: string, home: string): Promise<Witness> {
  const database = new Database(join(home, 'headrace.db'));
  const version = database.first('PRAGMA data_version');
  const moving = database.first(MOVING);
  const guilty: string[] = [];
  let harmless = 0;
  let unjudged = 0;
  /** What another connection committed raises the number. */
  const records = (): string => JSON.stringify([version()?.[0], objectsIn(home)]);
  const isMoving = (): boolean => Number(moving()?.[0]) > 0;
  let last: Promise<unknown> = Promise.resolve();

  async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const [before, movedBefore] = [records(), isMoving()];
    const status = await forwarded(server, incoming, answer);
    if (status < 400 || status >= 500) return;
    if (movedBefore || isMoving()) unjudged += 1;
    else if (records() === before) harmless += 1;
    else
      guilty.push(
        `${incoming.method} ${incoming.url?.slice(0, 300)} was answered with ${status}, and something was written`,
      );
  }

  const proxy = createServer({ maxHeaderSize: HEADER_BYTES }, (incoming, answer) => {
    // One after the other: what is between two looks is one request's.
    last = last
      .then(() => pass(incoming, answer))
      .catch((error: unknown) => answer.destroy(error instanceof Error ? error : undefined));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the system gave no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    harmless: () => harmless,
    unjudged: () => unjudged,
    guilty,
    async stop() {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
      database.close();
    },
  };
}

/** All but records, logs and the server's own notes. */
const objectsIn = (home: string): readonly string[] =>
  readdirSync(home, { recursive: true, encoding: 'utf8' })
    .filter((path) => !/^(headrace\.db|logs|jobs|served|tmp|cache)/.test(path))
    .sort();

/** Resolves to the status when the answer was handed on. */
function forwarded(
  server: string,
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server);
    const { method, url, rawHeaders } = incoming;
    const outgoing = request(
      { hostname, port, method, path: url, headers: rawHeaders },
      (response) => {
        const { statusCode = 0 } = response;
        answer.writeHead(statusCode, response.rawHeaders);
        response.pipe(answer);
        answer.on('error', reject);
        response.on('error', reject);
        response.on('end', () => resolve(statusCode));
      },
    );
    outgoing.on('error', reject);
    incoming.pipe(outgoing);
  });
}
