/**
 * Pages of a list that is read as a whole: a cursor is the offset of the next item.
 *
 * @module
 */
import { type CursorCodec, createCursorCodec, pageOf, positionNumberSchema } from './cursors.ts';
import { pageLimitOf } from './route-schemas.ts';

export const offsetCursors = (list: string): CursorCodec<number> =>
  createCursorCodec(list, positionNumberSchema);

export interface PageParams {
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

/** @param filters what the cursor is valid for, beside the list */
export function pageOfAll<T, D>(
  all: readonly T[],
  query: PageParams,
  cursorCodec: CursorCodec<number>,
  filters: unknown,
  toDocument: (item: T) => D,
) {
  const limit = pageLimitOf(query);
  const from = cursorCodec.decode(query.cursor, filters) ?? 0;
  return pageOf(
    all.slice(from, from + limit + 1),
    limit,
    (_, count) => cursorCodec.encode(from + count, filters),
    toDocument,
  );
}
