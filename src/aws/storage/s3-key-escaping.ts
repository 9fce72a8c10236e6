/**
 * Keys of the port as keys in S3: the same text, but for segments that S3 or something before it would take for a path's own (`.`, `..`, nothing).
 * Such a segment gets a `~` before it, and so does one that looks as if it had one: different keys stay different.
 *
 * @module
 */
const RESERVED_SEGMENT = /^~*\.{0,2}$/;

const escapeSegment = (segment: string): string =>
  RESERVED_SEGMENT.test(segment) ? `~${segment}` : segment;
const unescapeSegment = (segment: string): string =>
  segment.startsWith('~') && RESERVED_SEGMENT.test(segment) ? segment.slice(1) : segment;

export const toS3Key = (key: string): string => key.split('/').map(escapeSegment).join('/');
export const fromS3Key = (key: string): string => key.split('/').map(unescapeSegment).join('/');

/** Prefixes in S3 under which everything is whose key begins with `prefix`, and perhaps more. */
export function s3Prefixes(prefix: string): readonly string[] {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  const folder = segments.map((segment) => `${escapeSegment(segment)}/`).join('');
  return last !== '' && RESERVED_SEGMENT.test(last)
    ? [`${folder}${last}`, `${folder}~${last}`]
    : [`${folder}${last}`];
}
