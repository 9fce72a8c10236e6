/**
 * The servers that run on a home, in `<home>/servers/<address>-<port>.json`. A record has the
 * server's token, so that commands with the same home can use the server.
 *
 * 1. Each start of a server has a new token.
 * 2. A token is returned only for an address where the recorded process listens: a record counts
 *    while its process is alive. Another program that listens there later receives no token.
 *
 * @module
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { isProcessAlive, processIdentity } from './jobs/process-identity.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE } from './private-files.ts';

const recordSchema = z.strictObject({
  /** The URL of the address on which the server listens. */
  endpoint: z.url({ protocol: /^http$/ }),
  pid: z.int(),
  startTime: z.string(),
  token: z.string().min(1),
});

/** A live server of a home. */
export interface LiveServer {
  /** Has the server's address, not a host name that may resolve to another one. */
  readonly endpoint: string;
  readonly token: string;
}

export interface ServerRecord {
  readonly file: string;
  /** Call it before the server stops listening. */
  remove(): void;
}

const folderOf = (home: string): string => join(home, 'servers');

export const newServerToken = (): string => randomBytes(32).toString('base64url');

/** Records a server of this process, atomically. Records of servers that crashed are removed. */
export function recordServer(home: string, { endpoint, token }: LiveServer): ServerRecord {
  const folder = folderOf(home);
  makePrivateFolder(folder);
  for (const { file, record } of recordsIn(folder))
    if (!isProcessAlive(record)) rmSync(file, { force: true });
  const { hostname, port } = new URL(endpoint);
  const file = join(folder, `${hostname.replace(/[^0-9a-z.]/g, '_')}-${port}.json`);
  const { pid, startTime } = processIdentity(process.pid) ?? { pid: process.pid, startTime: '' };
  const temporaryFile = `${file}.${randomUUID()}`;
  writeFileSync(temporaryFile, `${JSON.stringify({ endpoint, pid, startTime, token })}\n`, {
    mode: PRIVATE_FILE_MODE,
    flag: 'wx',
  });
  renameSync(temporaryFile, file);
  return { file, remove: () => rmSync(file, { force: true }) };
}

/** The live server of the home that listens where requests to this URL arrive (rule 2). */
export function findServer(home: string, url: string): LiveServer | undefined {
  for (const { record } of recordsIn(folderOf(home))) {
    const endpoint = addressFor(new URL(url), new URL(record.endpoint));
    if (endpoint !== undefined && isProcessAlive(record)) return { endpoint, token: record.token };
  }
  return undefined;
}

/** The live servers of the home. */
export const liveServers = (home: string): readonly LiveServer[] =>
  recordsIn(folderOf(home)).flatMap(({ record }) => (isProcessAlive(record) ? [record] : []));

const IPV4_LOOPBACK = /^127(?:\.\d+){3}$/;
const isLoopback = (host: string): boolean => IPV4_LOOPBACK.test(host) || host === '[::1]';

/** The URL by which to reach the served address; undefined if the URL does not lead there. */
function addressFor(url: URL, served: URL): string | undefined {
  if (url.protocol !== 'http:' || url.pathname !== '/' || url.port !== served.port)
    return undefined;
  const [host, servedHost] = [url.hostname, served.hostname];
  // A name may lead to another address of this machine, where another program listens.
  if (host === servedHost || (host === 'localhost' && isLoopback(servedHost))) return served.origin;
  if (servedHost !== '0.0.0.0' && servedHost !== '[::]') return undefined;
  if (host === 'localhost') return `http://127.0.0.1:${url.port}`;
  return IPV4_LOOPBACK.test(host) || (servedHost === '[::]' && isLoopback(host))
    ? url.origin
    : undefined;
}

function recordsIn(folder: string) {
  return namesIn(folder)
    .filter((name) => name.endsWith('.json'))
    .flatMap((name) => {
      const file = join(folder, name);
      const { data } = recordSchema.safeParse(readJson(file));
      return data === undefined ? [] : [{ file, record: data }];
    });
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
