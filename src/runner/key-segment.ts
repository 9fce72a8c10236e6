/**
 * Names of artifacts as segments of object keys. Any name makes exactly one segment, and no segment
 * can leave its folder.
 *
 * @module
 */
import { createHash } from 'node:crypto';

const MAX_SEGMENT_LENGTH = 120;

export function keySegment(name: string): string {
  const text = encodeURIComponent(Buffer.from(name).toString()).replace(/^\.+/, (dots) =>
    '%2E'.repeat(dots.length),
  );
  if (text.length <= MAX_SEGMENT_LENGTH) return text;
  // Two long names with a common prefix must not share an object.
  return `${text.slice(0, MAX_SEGMENT_LENGTH - 17)}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
