/**
 * Steps: one item for each step.
 *
 * The step of a call that a rewind cut off remains until a new call has its number. Readers
 * therefore read calls below `head.callCount` only.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import { readDocument, storeDocument } from '../dynamodb/stored-documents.ts';
import { type Item, inParallel, number, numberIn, numbers, type Table } from '../dynamodb/table.ts';
import {
  type CheckpointWindow,
  ifNotOlder,
  itemMetadata,
  lifetimeOf,
  type Write,
} from './checkpoint-window.ts';
import { parentsStoredInSteps } from './edges.ts';
import { archivedReportRanges } from './reports.ts';
import { type RunState, stepsIn } from './run-state.ts';
import { partitionsOfCalls, stepKey } from './table-keys.ts';

export const readStep = (table: Table, item: Item): Promise<Step> =>
  readDocument<Step>(table, item);

/**
 * The revision of the run's last rewind before the step was created: its reports are of this epoch
 * or later.
 */
export const epochOf = (item: Item): number => (item.e === undefined ? 0 : numberIn(item, 'e'));

export function writeSteps(window: CheckpointWindow): readonly Write[] {
  const { table, id, records } = window;
  const created = new Set(records.flatMap((record) => record.created.map((step) => step.call)));
  const adopted = new Map(
    records.flatMap((record) => record.adoptions.map(({ archive, call }) => [call, archive])),
  );
  const parents = parentsStoredInSteps(window);
  return [...stepsIn(records).values()].map((step) => async () => {
    const key = stepKey(id, step.call);
    const archive = adopted.get(step.call);
    const adoption = archive === undefined ? {} : await archivedReportRanges(table, id, archive);
    const content = {
      d: await storeDocument(table, key, step, lifetimeOf(window)),
      ...itemMetadata(window),
      ...adoption,
    };
    const own = parents.get(step.call);
    const createdOnly = {
      ...(window.epoch > 0 ? { e: number(window.epoch) } : {}),
      ...(own === undefined ? {} : { p: numbers(own) }),
    };
    if (created.has(step.call))
      await table.put(key, { ...content, ...createdOnly }, ifNotOlder(window));
    else await table.update(key, { set: content }, ifNotOlder(window));
  });
}

/** The steps in the order of `calls`, without those that do not exist. */
export const readSteps = async (
  table: Table,
  state: RunState,
  calls: readonly number[],
): Promise<readonly Step[]> =>
  (await readStepsWithItems(table, state, calls)).map(({ step }) => step);

/** `readSteps` with the item of each step; undefined: the step is in the last commits. */
export async function readStepsWithItems(
  table: Table,
  state: RunState,
  calls: readonly number[],
): Promise<readonly { readonly step: Step; readonly item: Item | undefined }[]> {
  const recent = stepsIn(state.tail);
  const found = new Map<number, { readonly step: Step; readonly item: Item | undefined }>();
  const wanted = new Set<number>();
  for (const call of calls) {
    const step = recent.get(call);
    if (step !== undefined) found.set(call, { step, item: undefined });
    else if (call < state.base.callCount) wanted.add(call);
  }
  const keys = [...wanted].map((call) => stepKey(state.id, call));
  const items = await table.getMany(keys);
  const stored = await inParallel(items, async (item) => ({
    step: await readStep(table, item),
    item,
  }));
  for (const each of stored) found.set(each.step.call, each);
  return calls.flatMap((call) => found.get(call) ?? []);
}

/** At most `limit` steps from call `from` on. */
export async function readStepRange(
  table: Table,
  state: RunState,
  from: number,
  limit: number,
): Promise<readonly Step[]> {
  const end = Math.min(state.head.callCount, from + limit);
  const recent = stepsIn(state.tail);
  const items = await stepItems(table, state.id, from, Math.min(end, state.base.callCount));
  const stored = await inParallel(
    items.filter((item) => !recent.has(callOfKey(item))),
    (item) => readStep(table, item),
  );
  const steps = new Map(stored.map((step) => [step.call, step]));
  return Array.from({ length: Math.max(0, end - from) }, (_, n) => from + n).flatMap(
    (call) => recent.get(call) ?? steps.get(call) ?? [],
  );
}

/** The items of the steps from call `from` to call `end` (exclusive). */
export async function stepItems(
  table: Table,
  id: RunId,
  from: number,
  end: number,
): Promise<readonly Item[]> {
  const found = await inParallel(partitionsOfCalls(from, end), ([first, last]) =>
    table.list({
      pk: stepKey(id, first).pk,
      from: stepKey(id, first).sk,
      to: stepKey(id, last).sk,
    }),
  );
  return found.flat();
}

export const callOfKey = (item: Item): number => Number(item.sk?.S?.slice(2));
