/**
 * A request as it is signed and sent: the query of the signature and that of the URL are equal.
 *
 * @module
 */
import type { OutgoingRequest, Sign } from './signing.ts';

export interface SignedRequest {
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
}

export async function signRequest(sign: Sign, request: OutgoingRequest): Promise<SignedRequest> {
  const { url, query } = request;
  const headers = await sign(request);
  if (query.length === 0) return { target: url.href, headers };
  const text = query.map((pair) => pair.map(encodeStrictly).join('=')).join('&');
  return { target: `${url.href}?${text}`, headers };
}

/** Escapes everything but letters, digits and `-._~`, as a signature requires. */
const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
