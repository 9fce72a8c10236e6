/**
 * Links to the objects of a home folder: URLs of the local server, signed with a secret of the
 * store.
 *
 * 1. The signature covers the method, the key, the expiry and the restrictions, so that no other
 *    link can be derived from a link.
 * 2. Uploaded content is compared with the hash of the link before the object becomes visible.
 *
 * @module
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import { sign } from '../model/derived-keys.ts';
import type { Clock } from '../ports/clock.ts';
import type { Link, Links } from '../ports/links.ts';
import { ObjectMissingError, type ObjectRange, type Objects } from '../ports/objects.ts';

const LINK_LIFETIME_MS = 15 * 60 * 1000;
/** The server passes requests below this path to `FileLinks.handle`. */
export const LINKS_PATH = '/objects/';

export interface FileLinksOptions {
  readonly objects: Objects;
  readonly secret: Buffer;
  readonly clock: Clock;
  /** Returns the origin of the server, such as `http://127.0.0.1:4750`. Called for each link. */
  baseUrl(): string;
}

export interface FileLinks extends Links {
  /** Answers a request to a link. */
  handle(request: Request): Promise<Response>;
}

export const createFileLinks = (options: FileLinksOptions): FileLinks => new SignedLinks(options);

/**
 * The name under which a link offers its object, or the content that it accepts; empty where it
 * does not apply.
 */
interface Restrictions {
  readonly filename: string;
  readonly hash: string;
  readonly size: string;
}

interface Grant extends Restrictions {
  readonly method: string;
  readonly key: string;
  readonly expires: string;
}

class SignedLinks implements FileLinks {
  readonly #options: FileLinksOptions;

  constructor(options: FileLinksOptions) {
    this.#options = options;
  }

  async read(
    key: string,
    { filename }: { readonly filename?: string | undefined } = {},
  ): Promise<Link> {
    return this.#createLink('GET', key, filename === undefined ? {} : { filename });
  }

  async write(
    key: string,
    { hash, size }: { readonly hash: string; readonly size: number },
  ): Promise<Link> {
    return this.#createLink('PUT', key, { hash, size: String(size) });
  }

  async handle(request: Request): Promise<Response> {
    const grant = this.#verify(request.method, new URL(request.url));
    if (grant === undefined) return textResponse(403, 'this link is invalid or has expired');
    return grant.method === 'PUT'
      ? await this.#store(request, grant)
      : await this.#load(grant, request.headers.get('range'));
  }

  #createLink(method: 'GET' | 'PUT', key: string, restrictions: Partial<Restrictions>): Link {
    const { clock, baseUrl } = this.#options;
    const expiresAt = clock.now() + LINK_LIFETIME_MS;
    const expires = String(expiresAt);
    const signature = this.#sign({ ...NO_RESTRICTIONS, ...restrictions, method, key, expires });
    const query = new URLSearchParams({
      ...restrictions,
      expires,
      signature: signature.toString('base64url'),
    });
    const path = key.split('/').map(encodeURIComponent).join('/');
    return { url: `${baseUrl()}${LINKS_PATH}${path}?${query}`, method, headers: {}, expiresAt };
  }

  #sign({ method, key, expires, filename, hash, size }: Grant): Buffer {
    const grant = JSON.stringify([method, key, expires, filename, hash, size]);
    return sign(this.#options.secret, 'link', grant);
  }

  /** Returns the grant of a link; undefined if its signature is wrong or it has expired. */
  #verify(method: string, url: URL): Grant | undefined {
    const value = (name: string): string => url.searchParams.get(name) ?? '';
    const grant = {
      method,
      key: decodePath(url.pathname.slice(LINKS_PATH.length)),
      expires: value('expires'),
      filename: value('filename'),
      hash: value('hash'),
      size: value('size'),
    };
    const received = Buffer.from(value('signature'), 'base64url');
    const expected = this.#sign(grant);
    const isAuthentic = received.length === expected.length && timingSafeEqual(received, expected);
    return isAuthentic && this.#options.clock.now() <= Number(grant.expires) ? grant : undefined;
  }

  async #store(request: Request, { key, hash, size }: Grant): Promise<Response> {
    try {
      // Its hash is in its key: what the key had before is the same, or damaged.
      await this.#options.objects.put(
        key,
        Readable.from(matchingContent(request.body ?? [], { hash, size: Number(size) })),
      );
    } catch (error) {
      if (error instanceof ContentMismatch) return textResponse(error.status, error.message);
      throw error;
    }
    return textResponse(200, '');
  }

  /** The object, or the part of it that the request names, as a file to save. */
  async #load({ key, filename }: Grant, rangeHeader: string | null): Promise<Response> {
    const { objects } = this.#options;
    const size = await objects.size(key);
    if (size === undefined) return textResponse(404, 'the object does not exist');
    const range = requestedRange(rangeHeader, size);
    if (range === 'unsatisfiable')
      return new Response('', { status: 416, headers: { 'content-range': `bytes */${size}` } });
    try {
      const stream = Readable.toWeb(await objects.stream(key, range));
      const { from, to } = range ?? { from: 0, to: size };
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': String(to - from),
        'accept-ranges': 'bytes',
        'x-content-type-options': 'nosniff',
        // Nothing that a pipeline wrote is a document of this origin.
        'content-security-policy': "default-src 'none'; sandbox",
        'content-disposition': dispositionOf(filename),
        ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
      };
      return new Response(stream, { status: range === undefined ? 200 : 206, headers });
    } catch (error) {
      if (error instanceof ObjectMissingError)
        return textResponse(404, 'the object does not exist');
      throw error;
    }
  }
}

const dispositionOf = (filename: string): string =>
  filename === '' ? 'attachment' : `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`;

/**
 * The part that a `Range` header names (RFC 9110, 14.2). Undefined: the whole object, also for several
 * parts and for headers that are malformed.
 */
function requestedRange(
  header: string | null,
  size: number,
): ObjectRange | 'unsatisfiable' | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { from: size - length, to: size };
  }
  const from = Number(first);
  const to = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= size ? 'unsatisfiable' : { from, to };
}

/** Uploaded content is not the one of the link. */
class ContentMismatch extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The content. Fails at its end, before it becomes visible, if it differs from the link's. */
async function* matchingContent(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { hash, size }: { readonly hash: string; readonly size: number },
): AsyncGenerator<Uint8Array> {
  const actual = createHash('sha256');
  let length = 0;
  for await (const chunk of content) {
    length += chunk.byteLength;
    if (length > size) throw new ContentMismatch(413, `the link is for ${size} bytes`);
    actual.update(chunk);
    yield chunk;
  }
  if (length !== size || actual.digest('hex') !== hash)
    throw new ContentMismatch(400, 'the content differs from the content that the link is for');
}

const NO_RESTRICTIONS: Restrictions = { filename: '', hash: '', size: '' };

const textResponse = (status: number, body: string): Response =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
