/**
 * Converts records as a store does, through JSON, and freezes them.
 *
 * @module
 */

/**
 * Copies that this module made. They are frozen and contain only JSON, so they need not be copied
 * again.
 */
const copies = new WeakSet<object>();

export function frozen<T>(record: T): T;
export function frozen(record: unknown): unknown {
  if (typeof record !== 'object' || record === null) return viaJson(record);
  if (copies.has(record)) return record;
  const copy = Array.isArray(record)
    ? record.map(item)
    : isPlain(record)
      ? objectOf(record)
      : viaJson(record);
  if (typeof copy !== 'object' || copy === null) return copy;
  copies.add(copy);
  return Object.freeze(copy);
}

/** Values that JSON omits become null in a list, and are missing in an object. */
const item = (value: unknown): unknown => (isOmittedByJson(value) ? null : frozen(value));

function objectOf(record: object): object {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(record)) {
    const value: unknown = Reflect.get(record, key);
    if (isOmittedByJson(value)) continue;
    copy[key] = typeof value === 'string' || value === null ? value : frozen(value);
  }
  return copy;
}

const isOmittedByJson = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || typeof value === 'symbol';

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    typeof Reflect.get(value, 'toJSON') !== 'function' &&
    !Object.hasOwn(value, '__proto__')
  );
}

function viaJson(value: unknown): unknown {
  if (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    value === null ||
    (typeof value === 'number' && Number.isFinite(value) && value !== 0)
  )
    return value;
  const copy: unknown = JSON.parse(JSON.stringify(value));
  freeze(copy);
  return copy;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
