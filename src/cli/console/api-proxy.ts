/**
 * Passes requests of a page to an API, signed with the credentials of the user who started
 * `headrace console`.
 *
 * 1. The caller has a session (`request-rules.ts`), so that the page alone uses the credentials,
 *    and only for routes that it needs. Nothing else than the configured endpoint is reached.
 * 2. Methods and headers of a list are passed, and bodies of bounded size. A redirect is an error:
 *    it could lead the signed request to another host.
 * 3. Neither a signed header nor a token is logged or returned.
 * 4. With `--read-only`, GET and HEAD are the only methods, and the document of the caller states it.
 *
 * @module
 */
import { ProblemError } from '../../api/problems.ts';
import { signRequest } from '../../client/signed-request.ts';
import type { Sign } from '../../client/signing.ts';
import { readBody } from '../../model/collect-bytes.ts';
import { MAX_BODY_BYTES } from '../../model/limits.ts';
import { meSchema } from '../../wire/service.ts';
import type { ObjectLinks } from './object-links.ts';
import { errorResponse, passedHeaders, sendingProblem, type UpstreamIdentity } from './upstream.ts';

export interface ApiProxyOptions extends UpstreamIdentity {
  readonly sign: Sign;
  readonly readOnly: boolean;
  readonly links: Pick<ObjectLinks, 'replace'>;
}

/** Rule 2: the headers of a page's request that an API reads. */
const PASSED_HEADERS = ['accept', 'content-type', 'idempotency-key', 'if-none-match', 'range'];
/** The time until the head of an answer. */
const START_TIMEOUT_MS = 60_000;
/** An answer with links is read into memory. An API in AWS has shorter ones. */
const MAX_DOCUMENT_BYTES = 32 * 2 ** 20;

/** Returns a function that answers a request of a page with a session. */
export function createApiProxy(
  options: ApiProxyOptions,
): (request: Request, origin: string) => Promise<Response> {
  const base = new URL(options.endpoint.endsWith('/') ? options.endpoint : `${options.endpoint}/`);
  return async (request, origin) => {
    const { method } = request;
    if (options.readOnly && method !== 'GET' && method !== 'HEAD')
      throw new ProblemError(
        403,
        'this console only reads: start `headrace console` without --read-only to change something',
      );
    const response = await send(request, base, options);
    if (response.status >= 300 && response.status < 400 && response.status !== 304) {
      await response.body?.cancel();
      throw new ProblemError(
        502,
        `${base.origin} answered with a redirect (${response.status}), which is not followed: write the final URL as the endpoint`,
      );
    }
    if (response.status >= 400) return errorResponse(response, await textOf(response), options);
    const headers = passedHeaders(response);
    const isDocument =
      response.headers.get('content-type')?.startsWith('application/json') === true;
    if (!isDocument || method === 'HEAD' || response.body === null)
      return new Response(response.body, { status: response.status, headers });
    const text = options.links.replace(await textOf(response), origin);
    const isCaller = options.readOnly && new URL(request.url).pathname === '/v1/me';
    return new Response(isCaller ? asReadOnly(text) : text, { status: response.status, headers });
  };
}

/** Rule 4. */
function asReadOnly(text: string): string {
  const { data } = meSchema.loose().safeParse(parsed(text));
  return data === undefined ? text : JSON.stringify({ ...data, readOnly: true });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function send(request: Request, base: URL, options: ApiProxyOptions): Promise<Response> {
  const { method, headers } = request;
  const source = new URL(request.url);
  const url = new URL(base);
  url.pathname = `${base.pathname}${source.pathname.slice(1)}`;
  const body = await bodyOf(request);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(new Error('it took too long')), START_TIMEOUT_MS);
  try {
    const signed = await signRequest(options.sign, {
      method,
      url,
      query: [...source.searchParams],
      headers: Object.fromEntries(
        PASSED_HEADERS.flatMap((name) => {
          const value = headers.get(name);
          return value === null ? [] : [[name, value]];
        }),
      ),
      body,
    });
    return await fetch(signed.target, {
      method,
      headers: signed.headers,
      redirect: 'manual',
      signal: AbortSignal.any([request.signal, limit.signal]),
      ...(body !== undefined && { body }),
    });
  } catch (error) {
    throw sendingProblem(error, options);
  } finally {
    clearTimeout(timer);
  }
}

/** The body, which a signature covers; undefined if there is none. */
async function bodyOf({ method, body }: Request): Promise<string | undefined> {
  if (method === 'GET' || method === 'HEAD' || body === null) return undefined;
  const bytes = await readBody(new Response(body), MAX_BODY_BYTES);
  if (bytes === undefined)
    throw new ProblemError(413, `a body has at most ${MAX_BODY_BYTES} bytes`);
  return bytes.byteLength === 0 ? undefined : bytes.toString();
}

async function textOf(response: Response): Promise<string> {
  const bytes = await readBody(response, MAX_DOCUMENT_BYTES);
  if (bytes === undefined)
    throw new ProblemError(502, `the API answered with more than ${MAX_DOCUMENT_BYTES} bytes`);
  return bytes.toString();
}
