/**
 * Replaces parts of a value, at any depth in arrays, plain objects, Maps and Sets.
 *
 * @module
 */

type Replacement = { readonly value: unknown } | undefined;

/**
 * A copy of `value` with replaced parts. Objects without replaced parts are not copied.
 *
 * @param isWhole true for an object whose parts are not visited, such as a Lazy
 */
export function substitute(
  value: unknown,
  isWhole: (part: object) => boolean,
  replace: (part: object) => Replacement,
): unknown {
  const copies = new Map<object, unknown>();
  const visit = (part: unknown): unknown => {
    if (typeof part !== 'object' || part === null) return part;
    const replacement = replace(part);
    if (replacement !== undefined) return replacement.value;
    if (isWhole(part)) return part;
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
