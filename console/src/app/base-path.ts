/**
 * The path that the console is served under, and that of the API beside it.
 *
 * @module
 */

/** The path of the console with its final slash: `/console/`, or `/live/console/` behind a stage. */
export const BASE_PATH = basePathOf(import.meta.url);

/** A built file is in `<base>assets/`. The development server has no such folder. */
export function basePathOf(moduleUrl: string): string {
  const { pathname } = new URL(moduleUrl);
  const end = pathname.lastIndexOf('/assets/');
  return end < 0 ? '/console/' : pathname.slice(0, end + 1);
}

/** The path that `v1/…` is below: the parent of the console's. */
export const apiRootOf = (basePath: string): string => basePath.replace(/[^/]+\/$/, '');
