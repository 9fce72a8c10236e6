/**
 * Cursors: the position where the next page of a list starts, as an opaque text. A cursor is valid
 * only for its list and its filters.
 *
 * @module
 */
import { z } from 'zod';
import { MAX_NAME_LENGTH } from '../model/limits.ts';
import { bodyBytes, MAX_LAMBDA_BODY_BYTES } from '../model/service-limits.ts';
import { safeParseUntrusted } from '../model/untrusted.ts';
import { ProblemError } from './problems.ts';

/** As in paths. */
const MAX_POSITION = 999_999_999;

/** A number of an item in a list. Its bound is that of numbers in paths. */
export const positionNumberSchema = z.int().nonnegative().max(MAX_POSITION);

/** Below the limit of a key in DynamoDB, which also has separators. */
const MAX_KEY_BYTES = 1000;

/** The position in a list that is sorted by project, then by name. */
export const namedPositionSchema = z
  .strictObject({ project: z.string().max(256), name: z.string().max(MAX_NAME_LENGTH) })
  .refine(({ project, name }) => Buffer.byteLength(project + name) <= MAX_KEY_BYTES);

/** Cursors of one list. A position is validated when a cursor is decoded. */
export interface CursorCodec<T> {
  /** The cursor for a list with these filters. */
  encode(position: T, filters?: unknown): string;
  /** @throws ProblemError for a cursor of another list or other filters */
  decode(cursor: string | undefined, filters?: unknown): T | undefined;
}

export function createCursorCodec<T>(list: string, positionSchema: z.ZodType<T>): CursorCodec<T> {
  const schema = z.tuple([z.literal(list), z.string(), positionSchema]);
  return {
    encode: (position, filters) =>
      Buffer.from(JSON.stringify([list, JSON.stringify(filters ?? null), position])).toString(
        'base64url',
      ),
    decode(cursor, filters) {
      if (cursor === undefined) return undefined;
      const parsed = safeParseUntrusted(
        schema,
        parseJson(Buffer.from(cursor, 'base64url').toString('utf8')),
      );
      if (!parsed.success) throw invalidCursor('it is not a cursor of this list');
      const [, encodedFilters, position] = parsed.data;
      if (encodedFilters !== JSON.stringify(filters ?? null))
        throw invalidCursor('it belongs to a list with other filters');
      return position;
    },
  };
}

const invalidCursor = (detail: string): ProblemError =>
  new ProblemError(400, `cursor: ${detail}`, [{ in: 'query', field: 'cursor', detail }]);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The first items that have at most `maxBytes` in all. */
export function itemsWithin<T>(
  items: readonly T[],
  maxBytes: number,
  bytesOf: (item: T) => number,
): T[] {
  let bytes = 0;
  const end = items.findIndex((item) => {
    bytes += bytesOf(item);
    return bytes > maxBytes;
  });
  return items.slice(0, end === -1 ? items.length : end);
}

/** The first items that fit into the body of a response, at least one. */
export function itemsWithinPage<T>(items: readonly T[]): T[] {
  const fitting = itemsWithin(items, MAX_LAMBDA_BODY_BYTES, bodyBytes);
  return fitting.length === 0 ? items.slice(0, 1) : fitting;
}

/**
 * A page of at most `limit` items, and fewer if they are large. The caller reads one item more: its
 * existence means that a page follows.
 */
export function pageOf<T, D>(
  candidates: readonly T[],
  limit: number,
  cursorAfter: (last: T, count: number) => string,
  toDocument: (item: T) => D,
) {
  const documents = itemsWithinPage(candidates.slice(0, limit).map(toDocument));
  const last = candidates[documents.length - 1];
  return {
    items: documents,
    next:
      candidates.length > documents.length && last !== undefined
        ? cursorAfter(last, documents.length)
        : null,
  };
}
