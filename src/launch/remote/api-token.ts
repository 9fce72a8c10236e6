/**
 * The token of the local server. It is in a file of the home folder that only the owner can read,
 * so that every user of the home may use the server.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const tokenFile = (home: string): string => join(home, 'api-token');

/** The home's token; undefined if no server was started on the home yet. */
export function readToken(home: string): string | undefined {
  try {
    return readFileSync(tokenFile(home), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/**
 * The home's token. It is created if there is none. Two servers that start at once use the same
 * token.
 */
export function ensureToken(home: string): string {
  const existing = readToken(home);
  if (existing !== undefined && existing !== '') return existing;
  mkdirSync(home, { recursive: true });
  try {
    writeFileSync(tokenFile(home), `${randomBytes(32).toString('base64url')}\n`, {
      mode: 0o600,
      flag: existing === undefined ? 'wx' : 'w',
    });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return readToken(home) ?? '';
}
