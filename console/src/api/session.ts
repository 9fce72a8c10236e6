/**
 * The session of the page. A server of this machine prints an address with a one-time code in its
 * fragment; the page exchanges the code for a token, which is valid until that server ends.
 *
 * The token is in the storage of the page's origin, not in a cookie: cookies are sent to every port
 * of a host.
 *
 * @module
 */
import { type ApiError, problemOf } from './problems.ts';

const KEY = 'headrace.session';

let token: string | undefined = readToken();
let ended = false;
const listeners = new Set<() => void>();

function readToken(): string | undefined {
  try {
    return localStorage.getItem(KEY) ?? undefined;
  } catch {
    // Storage can be switched off: the session then ends with the page.
    return undefined;
  }
}

const notify = () => {
  for (const listener of listeners) listener();
};

/** The token that requests carry; undefined without a session. */
export const sessionToken = (): string | undefined => token;

/** Whether the server refused the token. */
export const isSessionEnded = (): boolean => ended;

/** Calls `listener` after the session started or ended. Returns a function that stops this. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Keeps the token of a session that has started. */
export function startSession(value: string): void {
  token = value;
  ended = false;
  try {
    localStorage.setItem(KEY, value);
  } catch {
    // As above.
  }
  notify();
}

/** Called when the server refuses the token. */
export function endSession(): void {
  // Another tab may have signed in again in the meantime.
  const stored = readToken();
  if (stored !== undefined && stored !== token) {
    startSession(stored);
    return;
  }
  ended = true;
  notify();
}

/** Why the code of the address was not accepted; undefined if it was, or if there was none. */
export let signInProblem: ApiError | undefined;

/** Exchanges the code of the address for a session, and removes it from the address. */
export async function signInFromAddress(basePath: string): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get('code');
  if (code === null) return;
  history.replaceState(history.state, '', location.pathname + location.search);
  const response = await fetch(`${basePath}session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) {
    signInProblem = await problemOf(response);
    return;
  }
  const answer: unknown = await response.json();
  if (typeof answer === 'object' && answer !== null && 'token' in answer) {
    if (typeof answer.token === 'string') startSession(answer.token);
  }
}
