/**
 * The graph of a run, a page of calls at a time: components and names from the lists of calls by
 * component (`components.ts`), parents from the items of steps and from the sets of edges.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import { type CallRanges, callsIn, rangesOf } from '../../model/limit-state.ts';
import type { GraphCall, RunGraphPage } from '../../ports/run-state.ts';
import {
  endOfPrefix,
  type Item,
  inParallel,
  numbersIn,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import { CALLS_PER_PAGE, callListOf, callsInPage, firstPage, regularNameAt } from './call-lists.ts';
import { allComponents, nameIn } from './components.ts';
import type { RunState } from './run-state.ts';
import { callOfKey, readStep, stepItems } from './steps.ts';
import {
  callsPageKey,
  edgePartition,
  parentsPrefix,
  partitionsOfCalls,
  stepKey,
} from './table-keys.ts';

/** With fewer steps than this, each is read by its key. */
const MAX_SINGLE_STEPS = 100;

interface StoredCall {
  readonly call: number;
  readonly component: string;
  /** Undefined: the item of the step has it. */
  readonly name: string | undefined;
  /** Undefined: the items of the step and its edges have them. */
  readonly parents: CallRanges | undefined;
}

interface StoredCalls {
  readonly calls: readonly StoredCall[];
  /** For each component, the number of its calls before the page. */
  readonly before: ReadonlyMap<string, number>;
}

export async function readGraph(
  table: Table,
  state: RunState,
  from: number,
  limit: number,
): Promise<RunGraphPage> {
  const { id, base, head, tail } = state;
  const end = Math.min(head.callCount, from + limit);
  const stored = await storedCalls(table, id, Math.min(from, base.callCount), {
    end: Math.min(end, base.callCount),
  });
  const graph = new Map<number, GraphCall>();
  const parents = new Map<number, Set<number>>();
  const addParents = (call: number, calls: Iterable<number>) => {
    const own = parents.get(call) ?? new Set();
    parents.set(call, own);
    for (const parent of calls) own.add(parent);
  };
  const storedEnd = Math.min(end, base.callCount);
  const [steps, sets] = await Promise.all([
    namedSteps(table, id, stored.calls, from, storedEnd),
    additionalParents(table, id, from, storedEnd),
  ]);
  for (const { call, component, name, parents: ranges } of stored.calls) {
    const step = steps.get(call);
    graph.set(call, { component, name: name ?? step?.name ?? component, parents: ranges ?? [] });
    if (ranges === undefined) addParents(call, step?.parents ?? []);
  }
  for (const [call, calls] of sets) addParents(call, calls);
  for (const { created } of tail)
    for (const { call, component, name } of created)
      if (call >= from && call < end) graph.set(call, { component, name, parents: [] });
  for (const { parent, child } of tail.flatMap((record) => record.edges))
    if (typeof parent === 'number' && child >= from && child < end) addParents(child, [parent]);
  const calls = Array.from({ length: Math.max(0, end - from) }, (_, n) => from + n).flatMap(
    (call) => {
      const found = graph.get(call);
      if (found === undefined) return [];
      const added = parents.get(call);
      if (added === undefined) return [found];
      const all = new Set([...callsIn(found.parents), ...added]);
      return [{ ...found, parents: rangesOf([...all].sort((a, b) => a - b)) }];
    },
  );
  const recent = (component: string): number =>
    tail.flatMap(({ created }) =>
      created.filter((step) => step.component === component && step.call < from),
    ).length;
  return {
    epoch: head.generation,
    calls,
    more: head.callCount > end,
    ordinals: new Map(
      calls.map(({ component }) => [
        component,
        (stored.before.get(component) ?? 0) + recent(component),
      ]),
    ),
  };
}

/** The calls of the page by component, and how many calls each component has before it. */
async function storedCalls(
  table: Table,
  id: RunId,
  from: number,
  { end }: { readonly end: number },
): Promise<StoredCalls> {
  const before = new Map<string, number>();
  const found = await inParallel(await table.list(allComponents(id)), async (item) => {
    const component = nameIn(item);
    const { fullPages, lastPage } = callListOf(item);
    const first = await firstPage(table, id, component, fullPages, from - 1);
    // A call has at least the number of its ordinal, so that the page cannot be on more pages.
    const last = Math.min(fullPages, first + Math.ceil((end - from) / CALLS_PER_PAGE) + 1) - 1;
    const pages =
      last < first
        ? []
        : await table.list({
            pk: callsPageKey(id, component, first).pk,
            from: callsPageKey(id, component, first).sk,
            to: callsPageKey(id, component, last).sk,
          });
    const entries = [...pages.flatMap(callsInPage), ...(last === fullPages - 1 ? lastPage : [])];
    const start = first * CALLS_PER_PAGE;
    const skipped = entries.filter(({ call }) => call < from).length;
    before.set(component, start + skipped);
    return entries.slice(skipped).flatMap((entry, index): readonly StoredCall[] => {
      const { call, isRegular, parents } = entry;
      if (call >= end) return [];
      const ordinal = start + skipped + index;
      const name = isRegular ? regularNameAt(component, ordinal) : undefined;
      return [{ call, component, name, parents }];
    });
  });
  return { calls: found.flat(), before };
}

/** The names and the parents that only the items of the steps contain. */
async function namedSteps(
  table: Table,
  id: RunId,
  calls: readonly StoredCall[],
  from: number,
  end: number,
): Promise<
  ReadonlyMap<number, { readonly name: string | undefined; readonly parents: readonly number[] }>
> {
  const wanted = new Map(
    calls
      .filter(({ name, parents }) => name === undefined || parents === undefined)
      .map((each) => [each.call, each]),
  );
  const items =
    wanted.size > MAX_SINGLE_STEPS
      ? await stepItems(table, id, from, end)
      : await table.getMany([...wanted.keys()].map((call) => stepKey(id, call)));
  return new Map(
    await inParallel(items, async (item) => {
      const call = callOfKey(item);
      const name =
        wanted.get(call)?.name === undefined ? (await readStep(table, item)).name : undefined;
      return [call, { name, parents: numbersIn(item, 'p') }] as const;
    }),
  );
}

/** Parents that are in sets of their own: those of wide joins, and those that were added later. */
async function additionalParents(
  table: Table,
  id: RunId,
  from: number,
  end: number,
): Promise<readonly (readonly [call: number, parents: readonly number[]])[]> {
  const sets = await inParallel(partitionsOfCalls(from, end), ([first, last]) =>
    table.list({
      pk: edgePartition(id, first),
      from: parentsPrefix(first),
      to: endOfPrefix(parentsPrefix(last)),
    }),
  );
  return sets.flat().map((item) => [childOf(item), numbersIn(item, 'c')] as const);
}

const childOf = (item: Item): number => Number(textIn(item, 'sk').split('#')[1]);
