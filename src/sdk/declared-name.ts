/**
 * The name of a declaration. Part of step bundles, too.
 *
 * @module
 */

/** The option `name`, else the name by the source, else the function's name. */
export function declaredName(options: unknown, fn: unknown, meta: unknown): string | undefined {
  for (const source of [options, meta, fn]) {
    if (
      (typeof source !== 'object' && typeof source !== 'function') ||
      source === null ||
      !('name' in source)
    )
      continue;
    if (typeof source.name === 'string' && source.name !== '') return source.name;
  }
  return undefined;
}
