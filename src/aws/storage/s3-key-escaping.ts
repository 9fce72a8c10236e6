/**
 * Translates keys of the port into keys of S3. They are equal, except for segments that S3 or a
 * proxy would interpret as part of a path (`.`, `..`, empty). Such a segment is prefixed with `~`,
 * and so is a segment that resembles an escaped one, so that different keys stay different.
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

/** Prefixes in S3 that cover every object whose key starts with `prefix`, and possibly others. */
export function s3Prefixes(prefix: string): readonly string[] {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  const folder = segments.map((segment) => `${escapeSegment(segment)}/`).join('');
  return last !== '' && RESERVED_SEGMENT.test(last)
    ? [`${folder}${last}`, `${folder}~${last}`]
    : [`${folder}${last}`];
}
