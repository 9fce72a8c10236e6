/**
 * Keys of the port as keys in S3: the same text, but for segments that S3 or something before it would take for a path's own (`.`, `..`, nothing).
 * Such a segment gets a `~` before it, and so does one that looks as if it had one: different keys stay different.
 *
 * @module
 */
const SPECIAL = /^~*\.{0,2}$/;

const escaped = (segment: string): string => (SPECIAL.test(segment) ? `~${segment}` : segment);
const unescaped = (segment: string): string => (segment.startsWith('~') && SPECIAL.test(segment) ? segment.slice(1) : segment);

export const toStored = (key: string): string => key.split('/').map(escaped).join('/');
export const fromStored = (key: string): string => key.split('/').map(unescaped).join('/');

/** Prefixes in S3 under which everything is whose key begins with `prefix`, and perhaps more. */
export function storedPrefixes(prefix: string): readonly string[] {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  const folder = segments.map((segment) => `${escaped(segment)}/`).join('');
  return last !== '' && SPECIAL.test(last) ? [`${folder}${last}`, `${folder}~${last}`] : [`${folder}${last}`];
}
