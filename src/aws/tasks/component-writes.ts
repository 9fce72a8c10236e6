/**
 * The part of a checkpoint that writes components: their declarations, lists of calls and totals.
 *
 * 1. It comes before the other items of the checkpoint (`component-totals.ts`).
 * 2. The item of a component is written on the condition that it is as it was read: if another
 *    process wrote it, it is read again, and its later revision counts.
 *
 * @module
 */
import {
  addTotals,
  type ExecutionTotals,
  NO_EXECUTIONS,
  totalsOf,
} from '../../model/execution-totals.ts';
import type { Step } from '../../model/step.ts';
import { storeDocument } from '../dynamodb/stored-documents.ts';
import { type Item, inParallel, number, numberIn, numbers, type Table } from '../dynamodb/table.ts';
import {
  CALLS_PER_PAGE,
  callListOf,
  type ListedCall,
  listedParents,
  pageAttributes,
  regularNameAt,
  truncated,
} from './call-lists.ts';
import { readTouchedBuckets, type StatusBuckets, wasCompleted } from './call-statuses.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  lifetimeOf,
} from './checkpoint-window.ts';
import type { LoggedComponent } from './commit-log.ts';
import {
  changedSteps,
  completionRevisions,
  isSameTotals,
  totalsAfter,
  totalsAttribute,
  totalsIn,
} from './component-totals.ts';
import { allComponents, nameIn } from './components.ts';
import { parentsInWindow } from './edges.ts';
import { stepsIn } from './run-state.ts';
import { readStep, stepItems } from './steps.ts';
import { callsPageKey, componentKey, irregularNameKey } from './table-keys.ts';

interface ComponentChange {
  readonly name: string;
  readonly logged: LoggedComponent | undefined;
  /** In the order of calls. */
  readonly created: readonly Step[];
  /** Created and changed. */
  readonly steps: readonly Step[];
}

interface WindowChanges {
  readonly parents: ReadonlyMap<number, ReadonlySet<number>>;
  readonly completedAt: ReadonlyMap<number, number>;
  /** After a rewind: the totals of all components. */
  readonly recounted: ReadonlyMap<string, ExecutionTotals> | undefined;
}

/** Writes the components that the window changes. Returns the statuses before the window. */
export async function writeComponents(window: CheckpointWindow): Promise<StatusBuckets> {
  const { table, id, records, cut } = window;
  const logged = new Map<string, LoggedComponent>();
  for (const { components } of records)
    for (const each of components) logged.set(each.name, { ...logged.get(each.name), ...each });
  const created = new Map<string, Step[]>();
  for (const step of records.flatMap((record) => record.created))
    created.set(step.component, [...(created.get(step.component) ?? []), step]);
  const steps = changedSteps(records);
  const touched = [...new Set([...logged.keys(), ...created.keys(), ...steps.keys()])];
  const [items, buckets] = await Promise.all([
    cut === null
      ? table.getMany(touched.map((name) => componentKey(id, name)))
      : table.list(allComponents(id)),
    readTouchedBuckets(window),
  ]);
  const changes: WindowChanges = {
    parents: parentsInWindow(window),
    completedAt: completionRevisions(records),
    recounted: cut === null ? undefined : await recount(window),
  };
  const stored = new Map(items.map((item) => [nameIn(item), item]));
  await inParallel([...new Set([...stored.keys(), ...touched])], (name) =>
    writeComponent(window, changes, stored.get(name), buckets, {
      name,
      logged: logged.get(name),
      created: [...(created.get(name) ?? [])].sort((a, b) => a.call - b.call),
      steps: steps.get(name) ?? [],
    }),
  );
  return buckets;
}

async function writeComponent(
  window: CheckpointWindow,
  changes: WindowChanges,
  stored: Item | undefined,
  storedBuckets: StatusBuckets,
  change: ComponentChange,
): Promise<void> {
  const key = componentKey(window.id, change.name);
  let [item, buckets] = [stored, storedBuckets];
  while (true) {
    const revision = item?.r === undefined ? undefined : numberIn(item, 'r');
    // This checkpoint, or a later one, has written it.
    if (revision !== undefined && revision >= window.head.revision) return;
    const set = await attributesAfter(window, changes, item, buckets, change);
    if (set === undefined) return;
    const asRead =
      revision === undefined
        ? { expression: 'attribute_not_exists(r)' }
        : { expression: 'r = :read', values: { ':read': number(revision) } };
    if ((await window.table.update(key, { set }, asRead)).applied) return;
    item = await window.table.get(key);
    buckets = await readTouchedBuckets(window);
  }
}

/** The attributes of the item after the window; undefined if nothing changes. */
async function attributesAfter(
  window: CheckpointWindow,
  changes: WindowChanges,
  before: Item | undefined,
  buckets: StatusBuckets,
  { name, logged, created, steps }: ComponentChange,
): Promise<Item | undefined> {
  const { table, id, cut } = window;
  const stored = callListOf(before);
  const remaining = cut === null ? stored : await truncated(table, id, name, stored, cut.callCount);
  const totals = totalsOfItem(before, stored.lastPage.length === 0 && stored.fullPages === 0);
  const revision = before?.r === undefined ? 0 : numberIn(before, 'r');
  const totalsNow =
    changes.recounted === undefined
      ? totals &&
        totalsAfter(totals, revision, {
          steps,
          completedAt: changes.completedAt,
          wasCompleted: (call) => wasCompleted(buckets, call),
        })
      : (changes.recounted.get(name) ?? NO_EXECUTIONS);
  const isOnlyTotals = cut === null && logged === undefined && created.length === 0;
  if (
    isOnlyTotals &&
    (totals === undefined || totalsNow === undefined || isSameTotals(totals, totalsNow))
  )
    return undefined;
  const totalsSet = totalsNow === undefined ? {} : { t: totalsAttribute(totalsNow) };
  if (isOnlyTotals) return { ...itemMetadata(window), ...totalsSet };
  const { fullPages, lastPage } = await addCalls(window, changes, remaining, name, created);
  const calls =
    logged?.callCount ??
    (cut === null ? undefined : remaining.fullPages * CALLS_PER_PAGE + remaining.lastPage.length);
  const key = componentKey(id, name);
  const declaration =
    logged?.declaration === undefined
      ? {}
      : { d: await storeDocument(table, key, logged.declaration, lifetimeOf(window)) };
  return {
    ...itemMetadata(window),
    ...totalsSet,
    p: number(fullPages),
    ...pageAttributes(lastPage),
    ...(calls === undefined ? {} : { n: number(calls) }),
    ...declaration,
  };
}

const totalsOfItem = (item: Item | undefined, hasNoCalls: boolean): ExecutionTotals | undefined =>
  (item === undefined ? undefined : totalsIn(item)) ?? (hasNoCalls ? NO_EXECUTIONS : undefined);

/** Adds calls to the list, and writes pages that are full. */
async function addCalls(
  window: CheckpointWindow,
  { parents }: WindowChanges,
  list: { readonly fullPages: number; readonly lastPage: readonly ListedCall[] },
  name: string,
  created: readonly Step[],
): Promise<{ readonly fullPages: number; readonly lastPage: readonly ListedCall[] }> {
  const { table, id } = window;
  const after = [...list.lastPage];
  for (const step of created) {
    // In ascending order, so that a repeated write finds the calls that it added.
    if ((after.at(-1)?.call ?? -1) >= step.call) continue;
    const isRegular =
      step.name === regularNameAt(name, list.fullPages * CALLS_PER_PAGE + after.length);
    after.push({
      call: step.call,
      isRegular,
      parents: listedParents(step.call, parents.get(step.call) ?? []),
    });
    if (!isRegular) await addIrregularName(table, window, step);
  }
  let { fullPages } = list;
  for (; after.length >= CALLS_PER_PAGE; fullPages += 1)
    await table.put(
      callsPageKey(id, name, fullPages),
      { ...pageAttributes(after.splice(0, CALLS_PER_PAGE)), ...itemMetadata(window) },
      ifNotOlder(window),
    );
  return { fullPages, lastPage: after };
}

async function addIrregularName(
  table: Table,
  window: CheckpointWindow,
  { name, call }: Step,
): Promise<void> {
  await table.update(
    irregularNameKey(window.id, name),
    { set: itemMetadata(window), addTo: { c: numbers([call]) } },
    ifNotOlder(window),
  );
}

/** After a rewind: the totals by component of the steps that remain, and of those that follow. */
async function recount({
  table,
  id,
  records,
  cut,
}: CheckpointWindow): Promise<ReadonlyMap<string, ExecutionTotals>> {
  const recent = stepsIn(records);
  const found = new Map<string, ExecutionTotals>();
  const add = (step: Step) =>
    found.set(
      step.component,
      addTotals(found.get(step.component) ?? NO_EXECUTIONS, totalsOf(step)),
    );
  const remaining = Array.from({ length: cut?.callCount ?? 0 }, (_, call) => call);
  // A resume writes all steps that remain.
  if (remaining.some((call) => !recent.has(call)))
    for (const step of await inParallel(
      await stepItems(table, id, 0, cut?.callCount ?? 0),
      (item) => readStep(table, item),
    ))
      if (!recent.has(step.call)) add(step);
  for (const step of recent.values()) add(step);
  return found;
}
