/**
 * Steps kept aside, for calls with the same component and digest to take over: by a rewind (a batch numbered by its revision), or copied from another run
 * (batch 0). Each has an item, and one by which it is found.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { ArchivedStep } from '../../ports/tasks.ts';
import { encode } from '../dynamodb/documents.ts';
import { ABSENT, behind, bytes, type Item, inParallel, type Key, number, numberIn, type Table, textIn } from '../dynamodb/table.ts';
import { forgetName } from './components.ts';
import { stopWaiting, unlink } from './edges.ts';
import { archiveKey, archivePartition, digestPrefix, padded } from './keys.ts';
import { copiedSource, copyReports, sourcesUpTo } from './reports.ts';
import type { RunState } from './state.ts';
import { epochOf, stepItems, stepOf } from './steps.ts';
import type { Window, Write } from './window.ts';

const COPIES = 0;
/** Steps that a rewind reads at once. */
const PAGE = 512;

const foundBy = (id: RunId, { component, digest }: Step, batch: number, call: number): Key => ({
  pk: archivePartition(id),
  sk: `${digestPrefix(component, digest)}${padded(batch)}#${padded(call)}`,
});

/** An archive that was taken over keeps its items, marked. */
const FREE = { expression: 'attribute_not_exists(x)' };

async function keep(table: Table, id: RunId, { batch, step, attributes }: { readonly batch: number; readonly step: Step; readonly attributes: Item }) {
  await table.put(archiveKey(id, batch, step.call), { d: bytes(encode(step)), ...attributes }, ABSENT);
  const lifetime = attributes.expiresAt === undefined ? {} : { expiresAt: attributes.expiresAt };
  await table.put(foundBy(id, step, batch, step.call), lifetime, ABSENT);
}

/** A rewind: the run's calls from the cut on are archived, with what hangs on them. What is there already, of a rewind that died, is left as it is. */
export async function archiveFrom(window: Window, calls: number): Promise<void> {
  const { table, id, cut, head } = window;
  if (cut === null) return;
  for (let from = cut.calls; from < calls; from += PAGE) {
    await inParallel(await stepItems(table, id, from, Math.min(calls, from + PAGE)), async (item) => {
      // Written for this rewind: a new call with the old one's number, which is archived already.
      if (numberIn(item, 'r') >= head.revision) return;
      const step = stepOf(item);
      const attributes = { ...sourcesUpTo(item, step.call, epochOf(item), head.revision), expiresAt: number(window.expiresAt) };
      await keep(table, id, { batch: head.revision, step, attributes });
      await forgetName(window, step);
      await unlink(window, item, step.call, cut.calls);
    });
  }
  await stopWaiting(window, cut.calls);
}

/** Copies steps of another run. A call that was copied already is left as it is. */
export async function copyFrom(table: Table, state: RunState, from: RunState, steps: readonly Step[]): Promise<void> {
  await inParallel(steps, async (step) => {
    if ((await table.get(foundBy(state.id, step, COPIES, step.call))) !== undefined) return;
    await copyReports(table, state, from, step);
    await keep(table, state.id, { batch: COPIES, step, attributes: { ...copiedSource(step.call), expiresAt: number(state.expiresAt) } });
  });
}

export function writeAdoptions(window: Window): readonly Write[] {
  const { table, id, records } = window;
  return records
    .flatMap((record) => record.adoptions)
    .map(({ archive, call }) => async () => {
      const key = keyOf(id, archive);
      const item = await table.get(key);
      if (item === undefined) return;
      const { batch, call: archived } = placeIn(item);
      const taken = { set: { x: number(call) } };
      await table.update(foundBy(id, stepOf(item), batch, archived), taken, FREE);
      await table.update(key, taken, FREE);
    });
}

const keyOf = (id: RunId, archive: string): Key => {
  const [batch = 0, call = 0] = archive.split('.').map(Number);
  return archiveKey(id, batch, call);
};

/** Both kinds of keys end with batch and call. */
function placeIn(item: Item): { readonly batch: number; readonly call: number } {
  const [batch = 0, call = 0] = textIn(item, 'sk').split('#').slice(-2).map(Number);
  return { batch, call };
}

export async function readAdoptable(table: Table, state: RunState, wanted: Pick<Step, 'component' | 'digest'>, taken: readonly string[]) {
  const { id } = state;
  const prefix = digestPrefix(wanted.component, wanted.digest);
  const gone = new Set([...taken, ...state.tail.flatMap((record) => record.adoptions.map(({ archive }) => archive))]);
  for await (const page of table.pages({ pk: archivePartition(id), from: prefix, to: behind(prefix), filter: FREE })) {
    for (const { batch, call } of page.map(placeIn)) {
      const archive = `${batch}.${call}`;
      if (gone.has(archive)) continue;
      const item = await table.get(archiveKey(id, batch, call));
      const step = item === undefined ? undefined : stepOf(item);
      if (step?.component === wanted.component && step.digest === wanted.digest) return { archive, step } satisfies ArchivedStep;
    }
  }
  return undefined;
}

/** Steps of rewinds that no call took over, in the order of archiving, then of calls; without the first `leaveOut`. */
export async function readSuperseded(table: Table, state: RunState, leaveOut: number, limit: number): Promise<readonly Step[]> {
  const gone = new Set(state.tail.flatMap((record) => record.adoptions.map(({ archive }) => archive)));
  const found: Step[] = [];
  let seen = 0;
  if (limit <= 0) return found;
  const range = { pk: archivePartition(state.id), from: `A#${padded(COPIES + 1)}`, to: behind('A#'), filter: FREE };
  for await (const page of table.pages(range)) {
    for (const item of page) {
      const { batch, call } = placeIn(item);
      if (gone.has(`${batch}.${call}`)) continue;
      seen += 1;
      if (seen > leaveOut) found.push({ ...stepOf(item), status: 'superseded' });
      if (found.length >= limit) return found;
    }
  }
  return found;
}
