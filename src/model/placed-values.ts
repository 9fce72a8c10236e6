/**
 * The values of other steps at their positions in the arguments of a call.
 *
 * @module
 */
import type { Ref, Value } from './value.ts';

export interface PlacedValue {
  readonly path: (string | number)[];
  readonly value: Value | null;
}

/** A list of this length, in whose places values are placed. */
const listOf = (length: number): Value => ({
  format: 'json',
  text: JSON.stringify(Array.from({ length }, () => null)),
});

/**
 * The values of references, in the order in which they must be placed. A reference to all of several
 * return values is a list of them.
 *
 * @param values the values of the steps by call; null for a step without values
 */
export function valuesOfRefs(
  refs: readonly Ref[],
  values: ReadonlyMap<number, readonly Value[] | null>,
): PlacedValue[] {
  const placed: PlacedValue[] = [];
  for (const { path, call, value } of refs) {
    const found = values.get(call) ?? null;
    const target = [...path];
    if (found === null) placed.push({ path: target, value: null });
    else if (value !== null) placed.push({ path: target, value: found[value] ?? null });
    else if (found.length === 1) placed.push({ path: target, value: found[0] ?? null });
    else {
      placed.push({ path: target, value: listOf(found.length) });
      found.forEach((item, index) => {
        placed.push({ path: [...target, index], value: item });
      });
    }
  }
  return placed;
}
