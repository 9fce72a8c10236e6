/**
 * Edges: for each call the set of its children and the set of its parents, some in an item; and the sets of calls that wait for a name.
 *
 * 1. Adding to a set and taking from it say the same however often they are done.
 * 2. A name that was answered leaves empty sets: an item that is gone could be made again by a process that comes late.
 *
 * @module
 */

import { behind, type Item, type Key, numbers, numbersIn, startingWith, type Table, textIn } from '../dynamodb/table.ts';
import { childrenKey, childrenPrefix, edgeBucket, edgePartition, parentsKey, parentsPrefix, runPartition, waitsKey, waitsPrefix } from './keys.ts';
import { pageOf, type RunState, waitingIn } from './state.ts';
import { ifNewer, marks, type Window, type Write } from './window.ts';

export function writeEdges(window: Window): readonly Write[] {
  const { table, id, records } = window;
  const sets = new Map<string, { readonly key: Key; readonly calls: Set<number> }>();
  const add = (key: Key, call: number) => {
    const name = `${key.pk} ${key.sk}`;
    const set = sets.get(name) ?? { key, calls: new Set() };
    sets.set(name, set);
    set.calls.add(call);
  };
  const names = new Set(records.flatMap((record) => record.answered));
  for (const { parent, child } of records.flatMap((record) => record.edges)) {
    if (typeof parent === 'number') {
      add(childrenKey(id, parent, child), child);
      add(parentsKey(id, child, parent), parent);
    } else names.add(parent);
  }
  const links = [...sets.values()].map(({ key, calls }) => async () => {
    await table.update(key, { set: marks(window), add: { c: numbers(calls) } }, ifNewer(window));
  });
  return [...links, ...[...names].map((name) => () => writeWaits(window, name))];
}

/** Also the sets that were joined and answered since the last checkpoint are written, empty (rule 2). */
async function writeWaits(window: Window, name: string): Promise<void> {
  const { table, id, records } = window;
  const { answered, joined } = waitingIn(records, name);
  const named = records.flatMap(({ edges }) => edges.filter(({ parent }) => parent === name).map(({ child }) => waitsKey(id, name, child)));
  const stored = answered ? await table.list(startingWith(runPartition(id), waitsPrefix(name))) : [];
  const places = new Set([...named.map(({ sk }) => sk), ...stored.map((item) => textIn(item, 'sk'))]);
  for (const sk of places) {
    const waiting = joined.filter((child) => waitsKey(id, name, child).sk === sk);
    const calls = waiting.length > 0 ? { c: numbers(waiting) } : {};
    const change = answered ? { set: { ...marks(window), ...calls }, remove: waiting.length > 0 ? [] : ['c'] } : { set: marks(window), add: calls };
    await table.update({ pk: runPartition(id), sk }, change, ifNewer(window));
  }
}

export async function readChildren(table: Table, state: RunState, parent: number | string, after: number, limit: number): Promise<readonly number[]> {
  if (typeof parent === 'string') {
    const { answered, joined } = waitingIn(state.tail, parent);
    const stored = answered ? [] : await above(table, runPartition(state.id), waitsPrefix(parent), after, limit);
    return pageOf([...stored, ...joined], after, limit);
  }
  if (parent >= state.head.calls) return [];
  const fresh = state.tail.flatMap(({ edges }) => edges.filter((edge) => edge.parent === parent).map(({ child }) => child));
  const stored = await above(table, edgePartition(state.id, parent), childrenPrefix(parent), after, limit);
  return pageOf([...stored, ...fresh], after, limit);
}

export async function readParents(table: Table, state: RunState, child: number, after: number, limit: number): Promise<readonly number[]> {
  const fresh = state.tail.flatMap(({ edges }) => edges.flatMap((edge) => (edge.child === child && typeof edge.parent === 'number' ? [edge.parent] : [])));
  const stored = await above(table, edgePartition(state.id, child), parentsPrefix(child), after, limit);
  return pageOf([...stored, ...fresh], after, limit);
}

/** The first of the calls above `after`, at least `limit` if there are so many. */
async function above(table: Table, pk: string, prefix: string, after: number, limit: number): Promise<readonly number[]> {
  const found: number[] = [];
  const from = after < 0 ? prefix : `${prefix}${edgeBucket(after + 1)}`;
  for await (const page of table.pages({ pk, from, to: behind(prefix), limit: Math.max(2, Math.ceil(limit / 32)) })) {
    for (const item of page) found.push(...numbersIn(item, 'c').filter((call) => call > after));
    if (found.length >= limit) break;
  }
  return found;
}

/** A rewind: the edges from and to calls from `end` on go. Repeating it leaves what it left. */
export async function unlink(window: Window, call: number, end: number): Promise<void> {
  const { table, id } = window;
  const empty = (item: Item) => table.update({ pk: textIn(item, 'pk'), sk: textIn(item, 'sk') }, { set: marks(window), remove: ['c'] }, ifNewer(window));
  const drop = (key: Key) => table.update(key, { set: marks(window), drop: { c: numbers([call]) } }, ifNewer(window));
  for (const item of await table.list(startingWith(edgePartition(id, call), childrenPrefix(call)))) {
    for (const child of numbersIn(item, 'c')) if (child < end) await drop(parentsKey(id, child, call));
    await empty(item);
  }
  for (const item of await table.list(startingWith(edgePartition(id, call), parentsPrefix(call)))) {
    for (const parent of numbersIn(item, 'c')) if (parent < end) await drop(childrenKey(id, parent, call));
    await empty(item);
  }
}

/** A rewind: calls from `end` on wait for no name any more. */
export async function stopWaiting(window: Window, end: number): Promise<void> {
  const { table, id } = window;
  for (const item of await table.list(startingWith(runPartition(id), 'W#'))) {
    const gone = numbersIn(item, 'c').filter((call) => call >= end);
    if (gone.length > 0)
      await table.update({ pk: textIn(item, 'pk'), sk: textIn(item, 'sk') }, { set: marks(window), drop: { c: numbers(gone) } }, ifNewer(window));
  }
}
