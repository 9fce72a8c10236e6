/**
 * The lists of calls by component, in pages.
 *
 * 1. The calls of a component are in ascending order. Full pages are items of their own; the last
 *    page is in the item of the component.
 * 2. A step whose name does not follow from the component and the ordinal of the call is marked in
 *    the list: its call is stored as -1 - call.
 * 3. Beside the calls a page has their parents, as a list of numbers: the number of ranges, then for
 *    each range the distance from the call to its last member, and its length. -1 in the place of
 *    the number: the parents are in the items of the step and its edges. A page of an earlier
 *    version has no parents.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { type CallRanges, rangesOf } from '../../model/limit-state.ts';
import { decodeDocument, encodeDocument } from '../dynamodb/documents.ts';
import { bytes, bytesIn, type Item, numberIn, type Table } from '../dynamodb/table.ts';
import { callsPageKey } from './table-keys.ts';

export const CALLS_PER_PAGE = 512;
/** Ranges of parents that a page has for one call. */
const MAX_RANGES = 32;

export interface ListedCall {
  readonly call: number;
  /** The name follows from the component and the ordinal. */
  readonly isRegular: boolean;
  /** Undefined: the items of the step and its edges have them. */
  readonly parents: CallRanges | undefined;
}

/** The last page of a component's calls, and the number of full pages before it. */
export interface CallList {
  readonly fullPages: number;
  readonly lastPage: readonly ListedCall[];
}

const EMPTY_CALL_LIST: CallList = { fullPages: 0, lastPage: [] };

export const callListOf = (item: Item | undefined): CallList =>
  item?.c === undefined
    ? EMPTY_CALL_LIST
    : { fullPages: numberIn(item, 'p'), lastPage: callsInPage(item) };

/**
 * The parents of a new call as a page stores them. A parent above the call may be removed by a
 * rewind, so that those of such a call are not stored.
 */
export function listedParents(call: number, parents: Iterable<number>): CallRanges | undefined {
  const ranges = rangesOf([...parents].sort((a, b) => a - b));
  const last = ranges.at(-1)?.[1] ?? -1;
  return last < call && ranges.length <= MAX_RANGES ? ranges : undefined;
}

/** The attributes of a page. */
export function pageAttributes(calls: readonly ListedCall[]): Item {
  const entries = calls.map(({ call, isRegular }) => (isRegular ? call : -1 - call));
  const parents = calls.flatMap(({ call, parents: ranges }) =>
    ranges === undefined
      ? [-1]
      : [ranges.length, ...ranges.flatMap(([first, last]) => [call - last, last - first + 1])],
  );
  return {
    // Differences are small and repetitive, and compress well.
    c: bytes(encodeDocument(entries.map((entry, n) => entry - (entries[n - 1] ?? 0)))),
    q: bytes(encodeDocument(parents)),
  };
}

export function callsInPage(item: Item): readonly ListedCall[] {
  let last = 0;
  const entries = decodeDocument<readonly number[]>(bytesIn(item, 'c')).map((difference) => {
    last += difference;
    return last;
  });
  const numbers = item.q === undefined ? [] : decodeDocument<readonly number[]>(bytesIn(item, 'q'));
  let at = 0;
  const next = (): number => numbers[at++] ?? -1;
  return entries.map((entry) => {
    const call = entry < 0 ? -1 - entry : entry;
    const count = next();
    const parents =
      count < 0
        ? undefined
        : Array.from({ length: count }, () => {
            const end = call - next();
            return [end - next() + 1, end] as const;
          });
    return { call, isRegular: entry >= 0, parents };
  });
}

export const regularNameAt = (component: string, ordinal: number): string =>
  ordinal === 0 ? component : `${component}_${ordinal}`;

/** The calls of the list below `end`. */
export async function truncated(
  table: Table,
  id: RunId,
  name: string,
  { fullPages, lastPage }: CallList,
  end: number,
): Promise<CallList> {
  for (let at = fullPages, page = lastPage; ; ) {
    const remaining = page.filter(({ call }) => call < end);
    if (remaining.length > 0 || at === 0) return { fullPages: at, lastPage: remaining };
    at -= 1;
    page = await readPage(table, id, name, at);
  }
}

export async function readPage(
  table: Table,
  id: RunId,
  name: string,
  page: number,
): Promise<readonly ListedCall[]> {
  const item = await table.get(callsPageKey(id, name, page));
  return item === undefined ? [] : callsInPage(item);
}

/** The first full page with a call above `after`, by bisection; `pages` if there is none. */
export async function firstPage(
  table: Table,
  id: RunId,
  name: string,
  pages: number,
  after: number,
): Promise<number> {
  if (after < 0) return 0;
  let [low, high] = [0, pages];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const calls = await readPage(table, id, name, middle);
    if ((calls.at(-1)?.call ?? -1) > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
