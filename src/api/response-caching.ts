/**
 * Storage of responses by the cache of their caller, and conditional requests.
 *
 * 1. A response is stored by no cache unless its route permits it. A document with a signed link or
 *    a token is never stored: a link expires, and a token is a secret.
 * 2. Only a cache of the caller's own (`private`) stores a document, and returns it only for the
 *    same credentials (`Vary: Authorization`).
 * 3. The tag of a document is a hash of its content, so that it also changes with the version of the
 *    service. A request that names the tag is answered with 304 and without the document.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Context, MiddlewareHandler } from 'hono';

const REVALIDATED = 'private, no-cache';
/** A day: then a reader sees fields that a later version of the service adds. */
const IMMUTABLE = 'private, max-age=86400, immutable';

/** The document may change: the cache of the caller requests whether it has. */
export function revalidated(c: Context): void {
  c.header('cache-control', REVALIDATED);
}

/** The document never changes again: the cache of the caller does not request it again. */
export function immutable(c: Context): void {
  c.header('cache-control', IMMUTABLE);
}

/**
 * Like `revalidated`, for a document that is expensive to read. It ends the request if the caller
 * has the document already.
 *
 * @param state everything that the document depends on, beside the address of the request: the
 *   version of the service, a revision
 * @throws NotModified
 */
export function revalidatedAs(c: Context, ...state: readonly (string | number)[]): void {
  const tag = tagOf(JSON.stringify([c.req.url, ...state]));
  revalidated(c);
  c.header('etag', tag);
  if (hasTag(c, tag)) throw new NotModified(tag);
}

/** The caller has the document. It is no error: the API answers it with 304. */
export class NotModified extends Error {
  constructor(readonly tag: string) {
    super('the caller has the document');
  }

  response(): Response {
    const headers = { etag: this.tag, 'cache-control': REVALIDATED };
    return new Response(null, { status: 304, headers });
  }
}

/** Adds the tag to responses that may be stored, and forbids the storage of all others. */
export const cachePolicy: MiddlewareHandler = async (c, next) => {
  await next();
  const { res } = c;
  const policy = res.headers.get('cache-control');
  if (policy === null || (res.status !== 200 && res.status !== 304)) {
    res.headers.set('cache-control', 'no-store');
    res.headers.delete('etag');
    return;
  }
  const { headers } = res;
  headers.append('vary', 'Authorization');
  if (headers.has('etag')) return;
  const body = await res.arrayBuffer();
  const tag = tagOf(new Uint8Array(body));
  headers.set('etag', tag);
  c.res = undefined;
  c.res = hasTag(c, tag) ? notModified(headers) : new Response(body, { headers });
};

function notModified(headers: Headers): Response {
  headers.delete('content-type');
  return new Response(null, { status: 304, headers });
}

/** It is weak: a proxy compresses the body. */
const tagOf = (content: string | Uint8Array): string =>
  `W/"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`;

function hasTag({ req }: Context, tag: string): boolean {
  const known = req.header('if-none-match');
  return known !== undefined && (known.trim() === '*' || known.split(',').some(isTag(tag)));
}

/** Tags are compared as weak ones: API Gateway and proxies may remove `W/`. */
const isTag =
  (tag: string) =>
  (known: string): boolean =>
    known.trim().replace(/^W\//, '') === tag.replace(/^W\//, '');
