/**
 * Requests to the API. Documents have the types of `src/wire`; they are not checked here, and fields
 * that this console does not know are ignored.
 *
 * @module
 */
import { setConnectionLost, setPaused } from './connection.ts';
import { ConnectionError, problemOf } from './problems.ts';
import { serverClock } from './server-clock.ts';
import { endSession, requestToken } from './session.ts';

let root = '/';

/** @param options `root`: the path that `v1/…` is below. */
export function configureApi(options: { readonly root: string }): void {
  root = options.root;
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface RequestOptions {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** The address of a route, as `apiUrl('v1/runs', { status: 'failed' })`. */
export function apiUrl(path: string, query: RequestOptions['query'] = {}): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const each of [value].flat()) search.append(name, String(each));
  }
  const text = search.toString();
  return `${root}${path}${text === '' ? '' : `?${text}`}`;
}

/** Sends a request with the session's token. Throws `ApiError` or `ConnectionError`. */
export async function send(path: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', query, body, headers, signal } = options;
  const token = await requestToken();
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    setConnectionLost(true);
    throw new ConnectionError(error);
  }
  setConnectionLost(false);
  serverClock.observe(response.headers.get('date'), sentAt);
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.retryAfterMs !== undefined) setPaused(problem.retryAfterMs);
  // `headrace console` keeps the session while the API refuses its user's credentials.
  if (response.status === 401 && problem.kind !== 'credentials-refused') endSession();
  throw problem;
}

/** The JSON document that a request answers; `null` for an empty response. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const response = await send(path, options);
  let text: string;
  try {
    text = await response.text();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new ConnectionError(error);
  }
  return JSON.parse(text === '' ? 'null' : text);
}
