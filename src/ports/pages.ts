/**
 * Reads a paged list of a port to its end, one page at a time.
 *
 * - `callPages` reads a list of calls in ascending order: `children`, `parents`, `callsNamed`,
 *   `unfinishedCalls`, `calls`.
 * - `itemPages` reads a numbered list: `events`, `signatures`.
 * - `namedPages` reads a list of items in the order of their names: `runArtifacts`, `runModels`.
 * - `pages` reads any other list.
 *
 * A page is read when the consumer requests it, so a consumer that stops early reads no more pages.
 * No page is empty.
 *
 * @module
 */

const DEFAULT_PAGE_SIZE = 1000;

/**
 * @param read reads the page that starts at `cursor`
 * @param next the cursor of the following page; `undefined` if `page` is the last
 */
export async function* pages<T, Cursor>(
  read: (cursor: Cursor) => Promise<readonly T[]>,
  start: NoInfer<Cursor> | undefined,
  next: (page: readonly T[], cursor: Cursor) => NoInfer<Cursor> | undefined,
): AsyncGenerator<readonly T[]> {
  for (let cursor: Cursor | undefined = start; cursor !== undefined; ) {
    const page: readonly T[] = await read(cursor);
    if (page.length === 0) return;
    yield page;
    cursor = next(page, cursor);
  }
}

/** Pages of the calls above `after`. A page with fewer than `limit` calls is the last. */
export const callPages = (
  read: (after: number, limit: number) => Promise<readonly number[]>,
  {
    after = -1,
    limit = DEFAULT_PAGE_SIZE,
  }: { readonly after?: number; readonly limit?: number } = {},
): AsyncGenerator<readonly number[]> =>
  pages(
    (above: number) => read(above, limit),
    after,
    (page) => (page.length < limit ? undefined : page.at(-1)),
  );

/**
 * Pages of the items from number `from` to `end` (exclusive), or to the end of the list. A page may
 * be short.
 */
export const itemPages = <T>(
  read: (from: number, limit: number) => Promise<readonly T[]>,
  {
    from = 0,
    end = Number.POSITIVE_INFINITY,
    limit = DEFAULT_PAGE_SIZE,
  }: { readonly from?: number; readonly end?: number; readonly limit?: number } = {},
): AsyncGenerator<readonly T[]> =>
  pages(
    (at: number) => read(at, Math.min(limit, end - at)),
    from < end ? from : undefined,
    (page, at) => (at + page.length < end ? at + page.length : undefined),
  );

/** Pages of the items of a list that is in the order of names. */
export const namedPages = <T extends { readonly name: string }>(
  read: (page: {
    readonly after: string | undefined;
    readonly limit: number;
  }) => Promise<readonly T[]>,
  limit = DEFAULT_PAGE_SIZE,
): AsyncGenerator<readonly T[]> =>
  pages(
    (after: string | null) => read({ after: after ?? undefined, limit }),
    null,
    (page) => (page.length < limit ? undefined : page.at(-1)?.name),
  );

/** The items of all pages, as one list. */
export async function collect<T>(pagesOfItems: AsyncIterable<readonly T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pagesOfItems) for (const item of page) items.push(item);
  return items;
}
