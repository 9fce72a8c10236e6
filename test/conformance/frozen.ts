/**
 * Records as a store would give them back: through JSON, and not to be changed.
 *
 * @module
 */
export function frozen<T>(record: T): T {
  const copy: T = JSON.parse(JSON.stringify(record));
  freeze(copy);
  return copy;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const item of Object.values(value)) freeze(item);
}
