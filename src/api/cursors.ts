/**
 * Cursors: where a list goes on, as a text that callers need not understand. A cursor belongs to its list and its filters.
 *
 * @module
 */
import { z } from 'zod';
import { ProblemError } from './problems.ts';

/** A kind of cursor: its place is checked when it comes back. */
export interface Cursors<T> {
  /** The cursor for a list with these filters. */
  write(place: T, filters?: unknown): string;
  /** @throws ProblemError if it is none of this list */
  read(cursor: string | undefined, filters?: unknown): T | undefined;
}

export function cursors<T>(list: string, place: z.ZodType<T>): Cursors<T> {
  const schema = z.tuple([z.literal(list), z.string(), place]);
  return {
    write: (at, filters) =>
      Buffer.from(JSON.stringify([list, JSON.stringify(filters ?? null), at])).toString(
        'base64url',
      ),
    read(cursor, filters) {
      if (cursor === undefined) return undefined;
      const parsed = schema.safeParse(parse(Buffer.from(cursor, 'base64url').toString('utf8')));
      if (!parsed.success) throw refused('it is no cursor of this list');
      const [, forFilters, at] = parsed.data;
      if (forFilters !== JSON.stringify(filters ?? null))
        throw refused('it belongs to a list with other filters');
      return at;
    },
  };
}

const refused = (detail: string): ProblemError =>
  new ProblemError(400, `cursor: ${detail}`, [{ in: 'query', field: 'cursor', detail }]);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Cuts a list that was asked for one item more than `limit`: what is beyond tells that there is a next page. */
export function pageOf<T, D>(
  found: readonly T[],
  limit: number,
  cursorAfter: (last: T, count: number) => string,
  show: (item: T) => D,
) {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return {
    items: items.map(show),
    next: found.length > limit && last !== undefined ? cursorAfter(last, items.length) : null,
  };
}
