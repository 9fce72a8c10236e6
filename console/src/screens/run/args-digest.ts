/**
 * A short digest of the arguments of a run: runs with equal arguments have equal digests.
 *
 * @module
 */

/** Eight hexadecimal digits. The order of properties has no effect. It is for comparison by eye. */
export function argsDigest(args: unknown): string {
  let hash = 0x811c9dc5;
  for (const char of canonicalText(args)) {
    hash ^= char.codePointAt(0) ?? 0;
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** JSON with sorted properties. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, each]) => each !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonicalText(each)}`);
  return `{${entries.join(',')}}`;
}
