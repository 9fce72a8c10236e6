/**
 * Signs this page in by the code of a link that a server of this machine printed.
 *
 * @module
 */
import type { SessionDocument } from '../../../src/wire/console.ts';
import { problemOf } from '../api/problems.ts';
import { setSignInProblem, startSession } from '../api/session.ts';

/** Exchanges the code for a session. */
export async function signInByCode(code: string, basePath: string): Promise<void> {
  const response = await fetch(`${basePath}session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) {
    setSignInProblem((await problemOf(response)).message);
    return;
  }
  const session: SessionDocument = await response.json();
  startSession(session.token);
}
