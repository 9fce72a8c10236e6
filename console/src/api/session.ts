/**
 * The session of the page. A server of this machine prints an address with a one-time code in its
 * fragment; the page exchanges the code for a token, which is valid until that server ends. In a
 * deployment, the token is one of the issuer (`session/issuer-page.ts`), which is renewed.
 *
 * The token of a server is in the storage of the page's origin, not in a cookie: cookies are sent to
 * every port of a host. That of an issuer is in memory alone.
 *
 * @module
 */
export const SESSION_KEY = 'headrace.session';

let token: string | undefined = readToken();
let ended = false;
const listeners = new Set<() => void>();

function readToken(): string | undefined {
  try {
    return localStorage.getItem(SESSION_KEY) ?? undefined;
  } catch {
    // Storage can be switched off: the session then ends with the page.
    return undefined;
  }
}

const notify = () => {
  for (const listener of listeners) listener();
};

/** Tokens that are not those of a server on this machine. */
export interface TokenSource {
  /** The token of the next request; undefined: the user has to sign in. */
  token(): Promise<string | undefined>;
  /** Leaves the page to sign in, and returns to it. */
  signIn(): Promise<void>;
  signOut(): Promise<void>;
}

let source: TokenSource | undefined;

/** Requests carry tokens of this source from now on. */
export function setTokenSource(tokens: TokenSource): void {
  source = tokens;
}

/** Leaves the page to sign in again; undefined where a new address is needed for that. */
export const signInAgain = (): (() => Promise<void>) | undefined => source?.signIn;

/** The token that requests carry; undefined without a session. */
export const requestToken = async (): Promise<string | undefined> =>
  source === undefined ? token : await source.token();

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
    localStorage.setItem(SESSION_KEY, value);
  } catch {
    // As above.
  }
  notify();
}

/** Called when the server refuses the token. */
export function endSession(): void {
  if (source !== undefined) {
    ended = true;
    notify();
    return;
  }
  // Another tab may have signed in again in the meantime.
  const stored = readToken();
  if (stored !== undefined && stored !== token) {
    startSession(stored);
    return;
  }
  ended = true;
  notify();
}

/** Ends the session here, and where it was opened. */
export async function signOut(basePath: string): Promise<void> {
  if (source === undefined) {
    const headers = { authorization: `Bearer ${token ?? ''}` };
    await fetch(`${basePath}session`, { method: 'DELETE', headers }).catch(() => undefined);
    token = undefined;
    try {
      localStorage.removeItem(SESSION_KEY);
    } catch {
      // As above.
    }
  } else await source.signOut();
  ended = true;
  notify();
}

/** Why the user is not signed in; undefined if the reason is that no one tried. */
let problem: string | undefined;
export const signInProblem = (): string | undefined => problem;

/** The next request finds out whether an earlier session continues. */
export function setSignInProblem(message: string): void {
  problem = message;
}

export function reportSignInProblem(message: string): void {
  problem = message;
  ended = true;
  notify();
}
