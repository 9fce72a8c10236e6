/**
 * Pages of items by name, in memory.
 *
 * @module
 */
import type { NamedPage } from '../../src/ports/tasks.ts';

/** In the order of the UTF-8 bytes of the names. */
export function namedPage<T extends { readonly name: string }>(
  items: ReadonlyMap<string, T> | undefined,
  { after, name, limit }: NamedPage,
): readonly T[] {
  const compare = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
  return [...(items?.values() ?? [])]
    .filter((item) => name === undefined || item.name === name)
    .filter((item) => after === undefined || compare(item.name, after) > 0)
    .sort((a, b) => compare(a.name, b.name))
    .slice(0, limit);
}
