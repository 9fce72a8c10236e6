/**
 * Answers requests below `/console/` on a server of this machine: the files of the console, and the
 * sign-in of its page.
 *
 * 1. A request that another site caused is refused, except one that shows a page.
 * 2. A page gets a session for a one-time code. Only the holder of the home's token, which is a
 *    command of the same user, gets a new code over HTTP.
 *
 * @module
 */
import { ProblemError, problemResponse } from '../api/problems.ts';
import { readBody } from '../model/collect-bytes.ts';
import { CONSOLE_PROBLEMS, type ConsoleConfig, openSessionSchema } from '../wire/console.ts';
import type { ConsoleFiles } from './console-files.ts';
import { answerFile } from './file-answer.ts';
import { bearerTokenOf, requireOwnSite } from './request-rules.ts';
import { pageHeaders } from './security-headers.ts';
import { CODE_LIFETIME_MS, type Sessions } from './sessions.ts';

export const CONSOLE_PATH = '/console/';

export interface ConsoleAppOptions {
  /** Undefined: the console is not built. */
  readonly files: ConsoleFiles | undefined;
  readonly sessions: Sessions;
  readonly config: ConsoleConfig;
  /**
   * Throws for a caller that may not request codes. Absent: codes are only printed by the process
   * of the server.
   */
  readonly authorizeCommand?: ((request: Request) => void) | undefined;
}

export interface ConsoleApp {
  /** Whether this path is one of the console's. */
  handles(pathname: string): boolean;
  /** @param origin the origin under which the caller reaches the server */
  handle(request: Request, origin: string): Promise<Response>;
}

export function createConsoleApp(options: ConsoleAppOptions): ConsoleApp {
  return {
    handles: (pathname) =>
      pathname === '/' || pathname === '/console' || pathname.startsWith(CONSOLE_PATH),
    handle: async (request, origin) => {
      const response = await answer(request, origin, options).catch((error: unknown) => {
        if (error instanceof ProblemError) return withHeaders(problemResponse(error), NO_STORE);
        throw error;
      });
      return withHeaders(response, pageHeaders());
    },
  };
}

const NO_STORE = { 'cache-control': 'no-store' };
const MAX_BODY_BYTES = 4096;

async function answer(
  request: Request,
  origin: string,
  options: ConsoleAppOptions,
): Promise<Response> {
  const { method, url } = request;
  const { pathname } = new URL(url);
  if (pathname === `${CONSOLE_PATH}session` && (method === 'POST' || method === 'DELETE')) {
    requireOwnSite(request, { origin });
    return method === 'POST' ? await openSession(request, options) : endSession(request, options);
  }
  if (pathname === `${CONSOLE_PATH}code` && method === 'POST') {
    requireOwnSite(request, { origin });
    return newCode(request, options);
  }
  if (method !== 'GET' && method !== 'HEAD')
    throw new ProblemError(405, `${pathname} takes GET and HEAD`);
  requireOwnSite(request, { origin, navigation: true });
  if (pathname === `${CONSOLE_PATH}config.json`) return json(options.config);
  if (!pathname.startsWith(CONSOLE_PATH))
    return new Response(null, { status: 302, headers: { ...NO_STORE, location: CONSOLE_PATH } });
  return fileResponse(request, pathname.slice(CONSOLE_PATH.length), options);
}

async function openSession(request: Request, { sessions, config }: ConsoleAppOptions) {
  const body = openSessionSchema.safeParse(await jsonBody(request));
  if (!body.success) throw new ProblemError(400, 'the body is of the form {"code": "…"}');
  const exchange = sessions.open(body.data.code);
  if (exchange.kind === 'opened') return json({ token: exchange.token });
  if (exchange.kind === 'refused') {
    const command = config.signIn === 'code' ? config.command : 'headrace open';
    throw new ProblemError(
      403,
      `a link signs in once, and within ${CODE_LIFETIME_MS / 1000} seconds: this one was used, or is older. Get a new one with ${command}`,
      [],
      CONSOLE_PROBLEMS.codeRefused,
    );
  }
  const seconds = Math.ceil(exchange.retryAfterMs / 1000);
  return withHeaders(
    problemResponse(
      new ProblemError(429, `too many wrong codes: wait ${seconds} seconds, and use a new link`),
    ),
    { ...NO_STORE, 'retry-after': String(seconds) },
  );
}

function endSession(request: Request, { sessions }: ConsoleAppOptions): Response {
  sessions.close(bearerTokenOf(request));
  return new Response(null, { status: 204, headers: NO_STORE });
}

function newCode(request: Request, { sessions, authorizeCommand }: ConsoleAppOptions): Response {
  if (authorizeCommand === undefined)
    throw new ProblemError(404, 'the terminal of this server prints its links');
  authorizeCommand(request);
  return json({ code: sessions.newCode(), expiresInSeconds: CODE_LIFETIME_MS / 1000 });
}

function fileResponse(request: Request, path: string, { files }: ConsoleAppOptions): Response {
  if (files === undefined)
    throw new ProblemError(
      404,
      'the console is not built in this copy of Headrace: run npm run build, and start the server again',
    );
  const { headers } = request;
  const {
    status,
    headers: fileHeaders,
    content,
  } = answerFile(files, {
    path,
    acceptEncoding: headers.get('accept-encoding') ?? undefined,
    ifNoneMatch: headers.get('if-none-match') ?? undefined,
  });
  const isEmpty = request.method === 'HEAD' || status === 304;
  return new Response(isEmpty ? null : Buffer.from(content), {
    status,
    headers: {
      ...fileHeaders,
      ...(status !== 304 && { 'content-length': String(content.byteLength) }),
    },
  });
}

async function jsonBody(request: Request): Promise<unknown> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new ProblemError(415, 'the body is of another type: send application/json');
  const body = await readBody(new Response(request.body), MAX_BODY_BYTES);
  if (body === undefined) throw new ProblemError(413, `a body has at most ${MAX_BODY_BYTES} bytes`);
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

const json = (document: unknown): Response =>
  new Response(JSON.stringify(document), {
    headers: { ...NO_STORE, 'content-type': 'application/json' },
  });

function withHeaders(response: Response, headers: Readonly<Record<string, string>>): Response {
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return response;
}
