/**
 * The history: events and signatures. An item holds those of several commits, and its key is the
 * number of its first one.
 *
 * 1. An item starts where the previous item ends. A rewind leaves empty items after its cut, which
 *    are ignored.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { MAX_DOCUMENT_BYTES, readDocument } from '../dynamodb/stored-documents.ts';
import { endOfPrefix, type Item, type Table, textIn } from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  putDocument,
  type Write,
} from './checkpoint-window.ts';
import type { RunState } from './run-state.ts';
import { historyKey, historyPartition } from './table-keys.ts';

type HistoryList = 'E' | 'Y';

export function writeHistory(window: CheckpointWindow): readonly Write[] {
  const { base, records } = window;
  const events = records.flatMap((record) => record.events);
  const signatures = records.flatMap((record) => record.signatures);
  return [
    ...writeList(window, 'E', base.eventCount, events),
    ...writeList(window, 'Y', base.commandCount, signatures),
  ];
}

function writeList<T>(
  window: CheckpointWindow,
  list: HistoryList,
  first: number,
  items: readonly T[],
): readonly Write[] {
  const writes: Write[] = [];
  let at = first;
  for (const chunk of chunksOf(items)) {
    const key = historyKey(window.id, list, at);
    writes.push(() => putDocument(window, key, chunk));
    at += chunk.length;
  }
  return writes;
}

/** A rewind: removes the items after the cut, before new ones are written there. */
export async function cutHistory(window: CheckpointWindow): Promise<void> {
  if (window.cut === null) return;
  await cutList(window, 'E', window.cut.eventCount);
  await cutList(window, 'Y', window.cut.commandCount);
}

async function cutList(window: CheckpointWindow, list: HistoryList, end: number): Promise<void> {
  const { table, id } = window;
  const pk = historyPartition(id);
  const last = end === 0 ? undefined : await itemHolding(table, id, list, end - 1);
  if (last !== undefined) {
    const first = firstOf(last);
    const content = await contentOf(table, last);
    const remaining = content.slice(0, end - first);
    if (remaining.length < content.length)
      await putDocument(window, { pk, sk: textIn(last, 'sk') }, remaining);
  }
  for (const item of await table.list({
    pk,
    from: historyKey(id, list, end).sk,
    to: endOfPrefix(`${list}#`),
  })) {
    await table.put({ pk, sk: textIn(item, 'sk') }, itemMetadata(window), ifNotOlder(window));
  }
}

const firstOf = (item: Item): number => Number(textIn(item, 'sk').slice(2));
const contentOf = async <T>(table: Table, item: Item): Promise<readonly T[]> =>
  item.d === undefined ? [] : readDocument<readonly T[]>(table, item);

/** The last item that starts at `number` or before, and is not empty. */
async function itemHolding(
  table: Table,
  id: RunId,
  list: HistoryList,
  number: number,
): Promise<Item | undefined> {
  for await (const page of table.pages({
    pk: historyPartition(id),
    from: `${list}#`,
    to: historyKey(id, list, number).sk,
    descending: true,
    limit: 2,
  })) {
    const item = page.find((candidate) => candidate.d !== undefined);
    if (item !== undefined) return item;
  }
  return undefined;
}

/** A small page, so that reading a short range costs little. */
const ITEMS_PER_PAGE = 50;

/**
 * At most `limit` entries from number `from` on: from the items, then from the commits since the
 * last checkpoint.
 */
export async function readHistory<T>(
  table: Table,
  { id, base, tail }: RunState,
  list: HistoryList,
  {
    from,
    limit,
    itemsOf,
  }: {
    readonly from: number;
    readonly limit: number;
    readonly itemsOf: (record: RunState['tail'][number]) => readonly T[];
  },
): Promise<readonly T[]> {
  const stored = list === 'E' ? base.eventCount : base.commandCount;
  const end = from + limit;
  const found: T[] =
    from < stored ? await storedFrom<T>(table, id, list, from, Math.min(end, stored)) : [];
  const fresh = tail.flatMap(itemsOf);
  if (end > stored) found.push(...fresh.slice(Math.max(0, from - stored), end - stored));
  return found;
}

async function storedFrom<T>(
  table: Table,
  id: RunId,
  list: HistoryList,
  from: number,
  end: number,
): Promise<T[]> {
  const pk = historyPartition(id);
  const first = await itemHolding(table, id, list, from);
  const found: T[] =
    first === undefined
      ? []
      : [...(await contentOf<T>(table, first)).slice(from - firstOf(first), end - firstOf(first))];
  let at = from + found.length;
  if (at >= end) return found;
  const limit = Math.min(ITEMS_PER_PAGE, end - at);
  for await (const page of table.pages({
    pk,
    from: historyKey(id, list, at).sk,
    to: historyKey(id, list, end - 1).sk,
    limit,
  })) {
    for (const item of page) {
      if (firstOf(item) !== at) continue;
      const content = (await contentOf<T>(table, item)).slice(0, end - at);
      found.push(...content);
      at += content.length;
    }
    if (at >= end) break;
  }
  return found;
}

/** Chunks that fit into items, measured as JSON. */
function* chunksOf<T>(items: readonly T[]): Generator<readonly T[]> {
  let chunk: T[] = [];
  let size = 0;
  for (const item of items) {
    const length = JSON.stringify(item).length;
    if (chunk.length > 0 && size + length > MAX_DOCUMENT_BYTES) {
      yield chunk;
      chunk = [];
      size = 0;
    }
    chunk.push(item);
    size += length;
  }
  if (chunk.length > 0) yield chunk;
}
