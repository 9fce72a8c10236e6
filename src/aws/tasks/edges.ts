/**
 * Edges: for each call the set of its children and the set of its parents, several calls in an
 * item; and the sets of calls that wait for a name. The parents that a step is created with are in
 * the step's own item, unless there are very many.
 *
 * 1. Adding to a set and removing from it have the same effect however often they are repeated.
 * 2. A resolved name leaves empty sets. A late process could otherwise create a deleted item again.
 *
 * @module
 */

import {
  endOfPrefix,
  type Item,
  type ItemKey,
  numbers,
  numbersIn,
  prefixRange,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  type Write,
} from './checkpoint-window.ts';
import { firstCallsAfter, type RunState, waitersIn } from './run-state.ts';
import {
  childrenKey,
  childrenPrefix,
  edgeBucket,
  edgePartition,
  parentsKey,
  parentsPrefix,
  runPartition,
  stepKey,
  waitersKey,
  waitersPrefix,
} from './table-keys.ts';

/** Maximum parents in a step's own item. */
const MAX_PARENTS_IN_STEP = 64;

/** The parents, by child, of the steps that this window creates. */
export function parentsInWindow({
  records,
}: CheckpointWindow): ReadonlyMap<number, ReadonlySet<number>> {
  const parents = new Map(
    records.flatMap((record) => record.created.map((step) => [step.call, new Set<number>()])),
  );
  for (const { parent, child } of records.flatMap((record) => record.edges))
    if (typeof parent === 'number') parents.get(child)?.add(parent);
  return parents;
}

/** Those that are stored in the items of the steps. */
export const parentsStoredInSteps = (
  window: CheckpointWindow,
): ReadonlyMap<number, ReadonlySet<number>> =>
  new Map(
    [...parentsInWindow(window)].filter(
      ([, calls]) => calls.size > 0 && calls.size <= MAX_PARENTS_IN_STEP,
    ),
  );

export function writeEdges(window: CheckpointWindow): readonly Write[] {
  const { table, id, records } = window;
  const inSteps = parentsStoredInSteps(window);
  const sets = new Map<string, { readonly key: ItemKey; readonly calls: Set<number> }>();
  const add = (key: ItemKey, call: number) => {
    const name = `${key.pk} ${key.sk}`;
    const set = sets.get(name) ?? { key, calls: new Set() };
    sets.set(name, set);
    set.calls.add(call);
  };
  const names = new Set(records.flatMap((record) => record.resolvedNames));
  for (const { parent, child } of records.flatMap((record) => record.edges)) {
    if (typeof parent === 'number') {
      add(childrenKey(id, parent, child), child);
      if (!inSteps.has(child)) add(parentsKey(id, child, parent), parent);
    } else names.add(parent);
  }
  const links = [...sets.values()].map(({ key, calls }) => async () => {
    await table.update(
      key,
      { set: itemMetadata(window), addTo: { c: numbers(calls) } },
      ifNotOlder(window),
    );
  });
  return [...links, ...[...names].map((name) => () => writeWaiters(window, name))];
}

/**
 * Writes the sets of one name. Sets that were joined and resolved since the last checkpoint are
 * written as well, empty (rule 2).
 */
async function writeWaiters(window: CheckpointWindow, name: string): Promise<void> {
  const { table, id, records } = window;
  const { resolved, joined } = waitersIn(records, name);
  const named = records.flatMap(({ edges }) =>
    edges.filter(({ parent }) => parent === name).map(({ child }) => waitersKey(id, name, child)),
  );
  const stored = resolved
    ? await table.list(prefixRange(runPartition(id), waitersPrefix(name)))
    : [];
  const sortKeys = new Set([
    ...named.map(({ sk }) => sk),
    ...stored.map((item) => textIn(item, 'sk')),
  ]);
  for (const sk of sortKeys) {
    const waiting = joined.filter((child) => waitersKey(id, name, child).sk === sk);
    const calls = waiting.length > 0 ? { c: numbers(waiting) } : {};
    const change = resolved
      ? { set: { ...itemMetadata(window), ...calls }, remove: waiting.length > 0 ? [] : ['c'] }
      : { set: itemMetadata(window), addTo: calls };
    await table.update({ pk: runPartition(id), sk }, change, ifNotOlder(window));
  }
}

export async function readChildren(
  table: Table,
  state: RunState,
  parent: number | string,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  if (typeof parent === 'string') {
    const { resolved, joined } = waitersIn(state.tail, parent);
    const stored = resolved
      ? []
      : await callsAbove(table, runPartition(state.id), waitersPrefix(parent), after, limit);
    return firstCallsAfter([...stored, ...joined], after, limit);
  }
  if (parent >= state.head.callCount) return [];
  const fresh = state.tail.flatMap(({ edges }) =>
    edges.filter((edge) => edge.parent === parent).map(({ child }) => child),
  );
  // For a call that was made since the last checkpoint, the commits contain all edges.
  const stored =
    parent < state.base.callCount
      ? await callsAbove(
          table,
          edgePartition(state.id, parent),
          childrenPrefix(parent),
          after,
          limit,
        )
      : [];
  return firstCallsAfter([...stored, ...fresh], after, limit);
}

export async function readParents(
  table: Table,
  state: RunState,
  child: number,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const fresh = state.tail.flatMap(({ edges }) =>
    edges.flatMap((edge) =>
      edge.child === child && typeof edge.parent === 'number' ? [edge.parent] : [],
    ),
  );
  const stored = await callsAbove(
    table,
    edgePartition(state.id, child),
    parentsPrefix(child),
    after,
    limit,
  );
  const own = child < state.base.callCount ? await table.get(stepKey(state.id, child)) : undefined;
  return firstCallsAfter(
    [...stored, ...(own === undefined ? [] : numbersIn(own, 'p')), ...fresh],
    after,
    limit,
  );
}

/** The first calls above `after`: at least `limit`, if there are so many. */
async function callsAbove(
  table: Table,
  pk: string,
  prefix: string,
  after: number,
  limit: number,
): Promise<readonly number[]> {
  const found: number[] = [];
  const from = after < 0 ? prefix : `${prefix}${edgeBucket(after + 1)}`;
  for await (const page of table.pages({
    pk,
    from,
    to: endOfPrefix(prefix),
    limit: Math.max(2, Math.ceil(limit / 32)),
  })) {
    for (const item of page) found.push(...numbersIn(item, 'c').filter((call) => call > after));
    if (found.length >= limit) break;
  }
  return found;
}

/**
 * A rewind: removes the edges of a call from `end` on, whose step is `item`. It can be repeated.
 */
export async function removeEdges(
  window: CheckpointWindow,
  item: Item,
  call: number,
  end: number,
): Promise<void> {
  const { table, id } = window;
  const clearSet = (set: Item) =>
    table.update(
      { pk: textIn(set, 'pk'), sk: textIn(set, 'sk') },
      { set: itemMetadata(window), remove: ['c'] },
      ifNotOlder(window),
    );
  const removeCall = (key: ItemKey, name: string) =>
    table.update(
      key,
      { set: itemMetadata(window), removeFrom: { [name]: numbers([call]) } },
      ifNotOlder(window),
    );
  for (const set of await table.list(prefixRange(edgePartition(id, call), childrenPrefix(call)))) {
    for (const child of numbersIn(set, 'c')) {
      if (child >= end) continue;
      const step = await table.get(stepKey(id, child));
      await (step !== undefined && numbersIn(step, 'p').includes(call)
        ? removeCall(stepKey(id, child), 'p')
        : removeCall(parentsKey(id, child, call), 'c'));
    }
    await clearSet(set);
  }
  const sets = await table.list(prefixRange(edgePartition(id, call), parentsPrefix(call)));
  for (const parent of [...sets.flatMap((set) => numbersIn(set, 'c')), ...numbersIn(item, 'p')]) {
    if (parent < end) await removeCall(childrenKey(id, parent, call), 'c');
  }
  for (const set of sets) await clearSet(set);
}

/** A rewind: removes calls from `end` on from the sets of calls that wait for a name. */
export async function removeWaiters(window: CheckpointWindow, end: number): Promise<void> {
  const { table, id } = window;
  for (const item of await table.list(prefixRange(runPartition(id), 'W#'))) {
    const removed = numbersIn(item, 'c').filter((call) => call >= end);
    if (removed.length > 0)
      await table.update(
        { pk: textIn(item, 'pk'), sk: textIn(item, 'sk') },
        { set: itemMetadata(window), removeFrom: { c: numbers(removed) } },
        ifNotOlder(window),
      );
  }
}
