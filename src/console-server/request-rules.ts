/**
 * What a page with a session may request.
 *
 * 1. Requests of other sites are refused, whatever they carry. A browser states the site that
 *    caused a request in `Sec-Fetch-Site` and `Origin`, which no page can change.
 * 2. A session reads and controls runs. It can neither register code nor evaluate logic: a script
 *    that another program smuggled into the page could execute nothing on this machine by them.
 *
 * @module
 */
import { ProblemError } from '../api/problems.ts';
import { CONSOLE_PROBLEMS } from '../wire/console.ts';
import { SESSION_TOKEN_PREFIX, type Sessions } from './sessions.ts';

/**
 * @param navigation whether the request may be one that shows a page: a link on another site may
 *   lead to the console, whose files are no secret
 * @throws ProblemError 403 for a request that another site caused
 */
export function requireOwnSite(
  request: Request,
  { origin, navigation = false }: { readonly origin: string; readonly navigation?: boolean },
): void {
  const { headers, method } = request;
  const site = headers.get('sec-fetch-site');
  const isNavigation =
    navigation &&
    (method === 'GET' || method === 'HEAD') &&
    headers.get('sec-fetch-mode') === 'navigate' &&
    headers.get('sec-fetch-dest') === 'document';
  const isOwnSite = site === null || site === 'same-origin' || site === 'none';
  const source = headers.get('origin');
  if ((isOwnSite || isNavigation) && (source === null || hostOf(source) === hostOf(origin))) return;
  throw new ProblemError(403, 'a page of another site sent this request: it is refused');
}

/** A tunnel may have added encryption, so that only the hosts are equal. */
const hostOf = (origin: string): string =>
  URL.canParse(origin) ? new URL(origin).host : `no host in ${origin}`;

/** The bearer token of a request; empty if it has none. */
export const bearerTokenOf = ({ headers }: Request): string =>
  /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '')?.[1] ?? '';

export const isSessionToken = (token: string): boolean => token.startsWith(SESSION_TOKEN_PREFIX);

/**
 * Accepts a request of a page for the API.
 *
 * @param command the command that prints a new link
 * @throws ProblemError 403, 401 or 404
 */
export function requireSession(
  request: Request,
  {
    sessions,
    origin,
    command,
  }: {
    readonly sessions: Pick<Sessions, 'isOpen'>;
    readonly origin: string;
    readonly command: string;
  },
): void {
  requireOwnSite(request, { origin });
  if (!sessions.isOpen(bearerTokenOf(request)))
    throw new ProblemError(
      401,
      `there is no such session: sign in again with the link that ${command} prints`,
      [],
      CONSOLE_PROBLEMS.sessionEnded,
    );
  requirePageRoute(request);
}

const METHODS = ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'];

/** Rule 2: routes that a page never needs, by their method. */
const REFUSED_ROUTES: readonly (readonly [methods: RegExp, path: RegExp])[] = [
  [/./, /^\/v1\/runs\/[^/]*\/evaluator-token(?:\/|$)/],
  [/./, /^\/v1\/uploads(?:\/|$)/],
  [/^(?!GET$|HEAD$)/, /^\/v1\/versions(?:\/|$)/],
];

/** @throws ProblemError 404 or 405 */
export function requirePageRoute({ method, url }: Pick<Request, 'method' | 'url'>): void {
  const { pathname } = new URL(url);
  const refused = () => new ProblemError(404, `a page of the console has no route ${pathname}`);
  if (pathname === '/openapi.json' && (method === 'GET' || method === 'HEAD')) return;
  if (pathname !== '/v1' && !pathname.startsWith('/v1/')) throw refused();
  if (!METHODS.includes(method))
    throw new ProblemError(405, `a page of the console sends no ${method}`);
  if (pathname.includes('//')) throw refused();
  for (const path of decodedForms(pathname)) {
    if (path === undefined || /\/\.{1,2}(?:\/|$)/.test(path)) throw refused();
    if (REFUSED_ROUTES.some(([methods, route]) => methods.test(method) && route.test(path)))
      throw refused();
  }
}

/**
 * The path as each server on its way may read it: one decodes it before the next. Undefined stands
 * for a path that cannot be decoded, or never ends to change.
 */
function decodedForms(path: string): readonly (string | undefined)[] {
  const forms: (string | undefined)[] = [path];
  for (let last = path; forms.length <= 3; ) {
    let next: string;
    try {
      next = decodeURIComponent(last);
    } catch {
      // A name may contain a percent sign. It is encoded in the path itself.
      return forms.length === 1 ? [...forms, undefined] : forms;
    }
    if (next === last) return forms;
    forms.push(next);
    last = next;
  }
  return [...forms, undefined];
}
