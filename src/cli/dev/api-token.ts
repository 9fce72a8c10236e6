/**
 * The token of the local server. It is in a file of the home folder that only the owner can read, so that every user of the home may use the
 * server.
 *
 * @module
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ProblemError } from '../../api/problems.ts';

const tokenFile = (home: string): string => join(home, 'api-token');

/** The home's token; undefined if no server was started on the home yet. */
export function readToken(home: string): string | undefined {
  try {
    return readFileSync(tokenFile(home), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** The home's token. It is created if there is none. Two servers that start at once use the same token. */
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

/** Returns a check that throws a 401 problem for a request without the token. */
export function createTokenCheck(token: string): (request: Request) => void {
  const expected = Buffer.from(`Bearer ${token}`);
  return (request) => {
    const actual = Buffer.from(request.headers.get('authorization') ?? '');
    if (actual.length === expected.length && timingSafeEqual(actual, expected)) return;
    const detail =
      'send the token from the file api-token of the home folder, as in "Authorization: Bearer <token>"';
    throw new ProblemError(401, `Authorization: ${detail}`, [
      { in: 'header', field: 'Authorization', detail },
    ]);
  };
}
