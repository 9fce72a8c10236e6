/**
 * The status of each call of a run, and the totals of its components: from the items that checkpoints
 * write for them, and the commits since then. The totals of runs of earlier versions are counted from
 * the items of their steps.
 *
 * @module
 */
import { type ExecutionTotals, NO_EXECUTIONS } from '../../model/execution-totals.ts';
import {
  componentsOf,
  type RunStateRecord,
  runStateOf,
  statusIndex,
} from '../../ports/run-state.ts';
import { endOfPrefix, type Item, numberIn, type Table, textIn } from '../dynamodb/table.ts';
import { type CallList, callListOf, callsInPage } from './call-lists.ts';
import { readStatuses } from './call-statuses.ts';
import { changedSteps, completionRevisions, totalsAfter, totalsIn } from './component-totals.ts';
import { allComponents, nameIn } from './components.ts';
import { type RunState, stepsIn } from './run-state.ts';
import { readStepRange } from './steps.ts';
import { runPartition } from './table-keys.ts';

export async function readRunState(table: Table, state: RunState): Promise<RunStateRecord> {
  // The statuses first: a step that is completed by them is contained in totals that are read later.
  const stored = await readStatuses(table, state);
  const [components, pages] = await Promise.all([
    table.list(allComponents(state.id)),
    table.list({ pk: runPartition(state.id), from: 'N#', to: endOfPrefix('N#') }),
  ]);
  const statuses = Uint8Array.from(stored);
  for (const { call, status } of stepsIn(state.tail).values()) statuses[call] = statusIndex(status);
  const totals = totalsByComponent(state, components, stored);
  if (totals === undefined) {
    const steps = await readStepRange(table, state, 0, state.head.callCount);
    return runStateOf(state.head, statuses, componentsOf(steps));
  }
  return runStateOf(
    state.head,
    statuses,
    [...callsByComponent(state, components, pages)].map(([name, calls]) => [
      name,
      calls,
      totals.get(name) ?? NO_EXECUTIONS,
    ]),
  );
}

/** Undefined if a component with calls has none. */
function totalsByComponent(
  { tail }: RunState,
  components: readonly Item[],
  stored: Uint8Array,
): ReadonlyMap<string, ExecutionTotals> | undefined {
  const found = new Map<string, ExecutionTotals>();
  const revisions = new Map<string, number>();
  for (const item of components) {
    const totals = totalsIn(item) ?? (hasCalls(callListOf(item)) ? undefined : NO_EXECUTIONS);
    if (totals === undefined) return undefined;
    found.set(nameIn(item), totals);
    revisions.set(nameIn(item), numberIn(item, 'r'));
  }
  const completed = statusIndex('completed');
  const completedAt = completionRevisions(tail);
  for (const [name, steps] of changedSteps(tail)) {
    const before = found.get(name) ?? NO_EXECUTIONS;
    const wasCompleted = (call: number) => stored[call] === completed;
    found.set(
      name,
      totalsAfter(before, revisions.get(name) ?? 0, { steps, completedAt, wasCompleted }),
    );
  }
  return found;
}

const hasCalls = ({ fullPages, lastPage }: CallList): boolean =>
  fullPages > 0 || lastPage.length > 0;

/** The calls of each component in ascending order. */
function callsByComponent(
  { base, tail }: RunState,
  components: readonly Item[],
  pages: readonly Item[],
): ReadonlyMap<string, readonly number[]> {
  const lists = new Map(components.map((item) => [nameIn(item), callListOf(item)]));
  const found = new Map<string, number[]>();
  const add = (name: string, call: number) => {
    const own = found.get(name);
    if (own === undefined) found.set(name, [call]);
    else own.push(call);
  };
  for (const item of pages) {
    const [component, page] = pageIn(item);
    // A rewind leaves pages behind the end of a list.
    if (page < (lists.get(component)?.fullPages ?? 0))
      for (const { call } of callsInPage(item)) if (call < base.callCount) add(component, call);
  }
  for (const [name, { lastPage }] of lists)
    for (const { call } of lastPage) if (call < base.callCount) add(name, call);
  for (const { created } of tail) for (const { component, call } of created) add(component, call);
  return found;
}

/** The key of a page ends with its number. */
function pageIn(item: Item): readonly [component: string, page: number] {
  const key = textIn(item, 'sk').slice(2);
  const end = key.lastIndexOf('#');
  return [key.slice(0, end), Number(key.slice(end + 1))];
}
