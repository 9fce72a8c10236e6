/**
 * Finds and replaces Lazies and files that are nested in a value.
 *
 * @module
 */
import { isArtifactFile } from '../artifact-file.ts';
import { isAwaitable, lazyTargetOf } from './lazy.ts';
import { calls } from './session.ts';

/**
 * A copy of the value in which each Lazy in arrays, plain objects, Maps and Sets is replaced by its
 * result. Attaches a handler to all of them at once, and rejects with the first failure.
 */
export async function awaitNestedLazies(value: unknown): Promise<unknown> {
  const promises = new Map<unknown, Promise<unknown>>();
  substitute(value, (part) => {
    if (isAwaitable(part) && !promises.has(part)) promises.set(part, Promise.resolve(part));
    return undefined;
  });
  if (promises.size === 0) return value;
  const values = new Map<unknown, unknown>();
  await Promise.all([...promises].map(async ([lazy, promise]) => values.set(lazy, await promise)));
  return substitute(value, (part) => (values.has(part) ? { value: values.get(part) } : undefined));
}

/** Whether the value contains a Lazy. */
export function containsLazies(value: unknown): boolean {
  let found = false;
  substitute(value, (part) => {
    if (isAwaitable(part)) found = true;
    return undefined;
  });
  return found;
}

/**
 * A copy of the value in which each file that a step returned is replaced by plain data that names
 * it.
 */
export function replaceFiles(value: unknown): unknown {
  return substitute(value, (part) => {
    const target = isArtifactFile(part) ? lazyTargetOf(part) : undefined;
    return target === undefined
      ? undefined
      : { value: { step: calls[target.call]?.step ?? null, file: Reflect.get(part, 'path') } };
  });
}

type Replacement = { readonly value: unknown } | undefined;

/** A copy of `value` with replaced parts. Objects without replaced parts are not copied. */
function substitute(value: unknown, replace: (part: object) => Replacement): unknown {
  const copies = new Map<object, unknown>();
  const visit = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const replacement = replace(part);
    if (replacement !== undefined) return replacement.value;
    if (isAwaitable(part)) return part;
    const known = copies.get(part);
    if (known !== undefined) return known;
    copies.set(part, part);
    const copy = copyOf(part, visit);
    copies.set(part, copy);
    return copy;
  };
  return visit(value);
}

function copyOf(holder: object, visit: (part: unknown) => unknown): unknown {
  let changed = false;
  const replacePart = (part: unknown): unknown => {
    const replaced = visit(part);
    if (replaced !== part) changed = true;
    return replaced;
  };
  let copy: unknown;
  if (Array.isArray(holder)) copy = holder.map(replacePart);
  else if (holder instanceof Map)
    copy = new Map([...holder].map(([key, value]) => [key, replacePart(value)]));
  else if (holder instanceof Set) copy = new Set([...holder].map(replacePart));
  else if (isPlain(holder))
    copy = Object.fromEntries(
      Object.entries(holder).map(([key, value]) => [key, replacePart(value)]),
    );
  return changed ? copy : holder;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
