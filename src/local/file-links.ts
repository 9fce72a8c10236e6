/**
 * Links to the objects of a home folder: URLs of the local server, signed with a secret of the store.
 *
 * 1. The signature covers method, key, expiry and what may be written: nobody can make a link of another.
 * 2. What is written is held against the link's hash before the object appears.
 *
 * @module
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Clock } from '../ports/clock.ts';
import type { Link, Links } from '../ports/links.ts';
import { ObjectMissingError, type Objects } from '../ports/objects.ts';

const LINK_LIFETIME_MS = 15 * 60 * 1000;
/** The path below which the server hands requests to `answer`. */
export const LINKS_PATH = '/objects/';

export interface FileLinksOptions {
  readonly objects: Objects;
  readonly secret: Buffer;
  readonly clock: Clock;
  /** Where the server is, as in `http://127.0.0.1:4750`. It is asked with each link. */
  baseUrl(): string;
}

export interface FileLinks extends Links {
  /** Answers a request to a link. */
  handle(request: Request): Promise<Response>;
}

interface Grant {
  readonly method: string;
  readonly key: string;
  readonly expires: string;
  readonly filename: string;
  readonly hash: string;
  readonly size: string;
}

export function createFileLinks({ objects, secret, clock, baseUrl }: FileLinksOptions): FileLinks {
  const sign = (grant: Grant): Buffer =>
    createHmac('sha256', secret)
      .update(
        `link:${JSON.stringify([grant.method, grant.key, grant.expires, grant.filename, grant.hash, grant.size])}`,
      )
      .digest();

  const createLink = (
    method: 'GET' | 'PUT',
    key: string,
    restrictions: { readonly filename?: string; readonly hash?: string; readonly size?: string },
  ): Link => {
    const expiresAt = clock.now() + LINK_LIFETIME_MS;
    const grant = {
      method,
      key,
      expires: String(expiresAt),
      filename: restrictions.filename ?? '',
      hash: restrictions.hash ?? '',
      size: restrictions.size ?? '',
    };
    const query = new URLSearchParams({
      ...restrictions,
      expires: grant.expires,
      signature: sign(grant).toString('base64url'),
    });
    return {
      url: `${baseUrl()}${LINKS_PATH}${key.split('/').map(encodeURIComponent).join('/')}?${query}`,
      method,
      headers: {},
      expiresAt,
    };
  };

  /** What the link allows; undefined if it is none of ours, or too old. */
  const verifyGrant = (method: string, url: URL): Grant | undefined => {
    const value = (name: string): string => url.searchParams.get(name) ?? '';
    const key = decodePath(url.pathname.slice(LINKS_PATH.length));
    const grant = {
      method,
      key,
      expires: value('expires'),
      filename: value('filename'),
      hash: value('hash'),
      size: value('size'),
    };
    const received = Buffer.from(value('signature'), 'base64url');
    const expected = sign(grant);
    const isAuthentic = received.length === expected.length && timingSafeEqual(received, expected);
    return isAuthentic && clock.now() <= Number(grant.expires) ? grant : undefined;
  };

  const write = async (request: Request, { key, hash, size }: Grant): Promise<Response> => {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of request.body ?? []) {
      length += chunk.byteLength;
      if (length > Number(size)) return textResponse(413, `the link is for ${size} bytes`);
      chunks.push(chunk);
    }
    const content = Buffer.concat(chunks);
    if (length !== Number(size) || createHash('sha256').update(content).digest('hex') !== hash)
      return textResponse(400, 'the content is not what the link is for');
    await objects.putIfAbsent(key, content);
    return textResponse(200, '');
  };

  const read = async ({ key, filename }: Grant): Promise<Response> => {
    try {
      const stream = Readable.toWeb(await objects.stream(key));
      const disposition =
        filename === ''
          ? {}
          : {
              'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(filename)}`,
            };
      return new Response(stream, {
        headers: {
          'content-type': 'application/octet-stream',
          'x-content-type-options': 'nosniff',
          ...disposition,
        },
      });
    } catch (error) {
      if (error instanceof ObjectMissingError) return textResponse(404, 'the object is not there');
      throw error;
    }
  };

  return {
    read: async (key, { filename } = {}) =>
      createLink('GET', key, filename === undefined ? {} : { filename }),
    write: async (key, { hash, size }) => createLink('PUT', key, { hash, size: String(size) }),
    async handle(request) {
      const grant = verifyGrant(request.method, new URL(request.url));
      if (grant === undefined) return textResponse(403, 'this link is not valid, or not any more');
      return grant.method === 'PUT' ? await write(request, grant) : await read(grant);
    },
  };
}

const textResponse = (status: number, body: string): Response =>
  new Response(body, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } });

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return '';
  }
}
