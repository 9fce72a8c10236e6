/**
 * Links to objects that the API returned, under addresses of this server: a page of the console
 * loads nothing from another origin.
 *
 * 1. Only a link for reading that an answer of the API contained is followed, until it expires. Its
 *    address here is as hard to guess as its signature.
 * 2. Content is passed on as bytes to store. A browser runs none of it, whatever its type is.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { ProblemError } from '../../api/problems.ts';
import type { Clock } from '../../ports/clock.ts';
import { type LinkDocument, linkSchema } from '../../wire/values.ts';

export const OBJECT_LINKS_PATH = '/console/objects/';

/** The oldest links are removed when there are more. A page of artifacts has a hundred. */
const MAX_LINKS = 10_000;
const START_TIMEOUT_MS = 60_000;
const PASSED_REQUEST_HEADERS = ['range', 'if-range'];
const PASSED_RESPONSE_HEADERS = [
  'accept-ranges',
  'content-length',
  'content-range',
  'content-disposition',
  'etag',
  'last-modified',
];

interface KnownLink {
  readonly url: string;
  readonly expiresAt: number;
}

export interface ObjectLinksOptions {
  /** The endpoint of the API: links on its origin may have no encryption, as it has none. */
  readonly endpoint: string;
  readonly clock: Clock;
}

export class ObjectLinks {
  readonly #apiOrigin: string;
  readonly #clock: Clock;
  readonly #links = new Map<string, KnownLink>();
  readonly #ids = new Map<string, string>();

  constructor({ endpoint, clock }: ObjectLinksOptions) {
    this.#apiOrigin = new URL(endpoint).origin;
    this.#clock = clock;
  }

  /**
   * The text of an answer with its links for reading replaced.
   *
   * @param origin the origin under which the page reaches this server
   */
  replace(text: string, origin: string): string {
    if (!text.includes('"method":"GET"')) return text;
    let replaced = text;
    for (const link of linksIn(parsed(text))) {
      if (!this.#isFollowed(link)) continue;
      const address = `${origin}${OBJECT_LINKS_PATH}${this.#idOf(link)}`;
      // The rest of the text stays as the API wrote it, numbers included.
      replaced = replaced.replaceAll(JSON.stringify(link.url), JSON.stringify(address));
    }
    return replaced;
  }

  /** Answers a request for an address of a link. */
  async follow(request: Request): Promise<Response> {
    if (request.method !== 'GET') throw new ProblemError(405, 'a link is read with GET');
    const link = this.#links.get(new URL(request.url).pathname.slice(OBJECT_LINKS_PATH.length));
    if (link === undefined || link.expiresAt <= this.#clock.now())
      throw new ProblemError(404, 'this link has expired: load the page again for a new one');
    const headers = PASSED_REQUEST_HEADERS.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const response = await fetchLink(link.url, Object.fromEntries(headers), request.signal);
    if (!response.ok) {
      await response.body?.cancel();
      throw new ProblemError(
        response.status === 404 || response.status === 403 ? 404 : 502,
        `the object cannot be read (${response.status}): it was removed, or the link has expired`,
      );
    }
    const passed = PASSED_RESPONSE_HEADERS.flatMap((name) => {
      const value = response.headers.get(name);
      // The content was decompressed on its way.
      const isChanged = name === 'content-length' && response.headers.has('content-encoding');
      return value === null || isChanged ? [] : [[name, value] as const];
    });
    return new Response(response.body, {
      status: response.status,
      headers: {
        'content-disposition': 'attachment',
        ...Object.fromEntries(passed),
        'content-type': 'application/octet-stream',
      },
    });
  }

  #isFollowed({ url, method, headers }: LinkDocument): boolean {
    if (method !== 'GET' || Object.keys(headers).length > 0 || !URL.canParse(url)) return false;
    const { protocol, origin } = new URL(url);
    return protocol === 'https:' || (protocol === 'http:' && origin === this.#apiOrigin);
  }

  #idOf({ url, expiresAt }: LinkDocument): string {
    const known = this.#ids.get(url);
    if (known !== undefined) return known;
    const [oldest] = this.#links;
    if (oldest !== undefined && this.#links.size >= MAX_LINKS) {
      this.#links.delete(oldest[0]);
      this.#ids.delete(oldest[1].url);
    }
    const id = randomBytes(24).toString('base64url');
    this.#links.set(id, { url, expiresAt: Date.parse(expiresAt) });
    this.#ids.set(url, id);
    return id;
  }
}

async function fetchLink(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Response> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), START_TIMEOUT_MS);
  try {
    return await fetch(url, {
      headers: { ...headers, 'accept-encoding': 'identity' },
      redirect: 'error',
      signal: AbortSignal.any([signal, limit.signal]),
    });
  } catch (error) {
    throw new ProblemError(
      502,
      `the storage of objects gave no answer (${error instanceof Error ? error.message : String(error)}): check the network`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** All links in a document, at any depth. */
function linksIn(document: unknown): readonly LinkDocument[] {
  const found: LinkDocument[] = [];
  const pending: unknown[] = [document];
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value !== 'object' || value === null) continue;
    const { data } = 'url' in value ? linkSchema.safeParse(value) : { data: undefined };
    if (data === undefined) pending.push(...Object.values(value));
    else found.push(data);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
