/**
 * Archived steps, which calls with the same component and digest can adopt. A rewind archives steps
 * in a batch that is numbered by its revision; steps that are copied from another run are batch 0.
 * Each archived step has an item, and a second item by which it is found.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Step } from '../../model/step.ts';
import type { ArchivedStep } from '../../ports/tasks.ts';
import { storeDocument } from '../dynamodb/stored-documents.ts';
import {
  endOfPrefix,
  IF_ABSENT,
  type Item,
  type ItemKey,
  inParallel,
  number,
  numberIn,
  type Table,
  textIn,
} from '../dynamodb/table.ts';
import type { CheckpointWindow, Write } from './checkpoint-window.ts';
import { removeIrregularName } from './components.ts';
import { removeEdges, removeWaiters } from './edges.ts';
import { copiedReportRange, copyReports, reportRangesUpTo } from './reports.ts';
import type { RunState } from './run-state.ts';
import { epochOf, readStep, stepItems } from './steps.ts';
import { archiveKey, archivePartition, digestPrefix, padded } from './table-keys.ts';

const COPIED_BATCH = 0;
/** Steps that a rewind reads in one page. */
const REWIND_PAGE_STEPS = 512;

const digestKey = (
  id: RunId,
  { component, digest }: Step,
  batch: number,
  call: number,
): ItemKey => ({
  pk: archivePartition(id),
  sk: `${digestPrefix(component, digest)}${padded(batch)}#${padded(call)}`,
});

/** The items of an adopted step are retained, and marked with `x`. */
const IF_NOT_ADOPTED = { expression: 'attribute_not_exists(x)' };

async function putArchived(
  table: Table,
  id: RunId,
  {
    batch,
    step,
    attributes,
  }: { readonly batch: number; readonly step: Step; readonly attributes: Item },
) {
  const lifetime = attributes.expiresAt === undefined ? {} : { expiresAt: attributes.expiresAt };
  const key = archiveKey(id, batch, step.call);
  const document = await storeDocument(table, key, step, lifetime);
  await table.put(key, { d: document, ...attributes }, IF_ABSENT);
  await table.put(digestKey(id, step, batch, step.call), lifetime, IF_ABSENT);
}

/**
 * A rewind: archives the run's calls from the cut on, with their edges and names. Items of an
 * earlier rewind that crashed are left as they are.
 */
export async function archiveFrom(window: CheckpointWindow, calls: number): Promise<void> {
  const { table, id, cut, head } = window;
  if (cut === null) return;
  for (let from = cut.callCount; from < calls; from += REWIND_PAGE_STEPS) {
    await inParallel(
      await stepItems(table, id, from, Math.min(calls, from + REWIND_PAGE_STEPS)),
      async (item) => {
        // The item belongs to a new call of this rewind with the same number: the old one is
        // archived already.
        if (numberIn(item, 'r') >= head.revision) return;
        const step = await readStep(table, item);
        const attributes = {
          ...reportRangesUpTo(item, step.call, epochOf(item), head.revision),
          expiresAt: number(window.expiresAt),
        };
        await putArchived(table, id, { batch: head.revision, step, attributes });
        await removeIrregularName(window, step);
        await removeEdges(window, item, step.call, cut.callCount);
      },
    );
  }
  await removeWaiters(window, cut.callCount);
}

/** Copies steps of another run. Calls that were copied before are left as they are. */
export async function copyFrom(
  table: Table,
  state: RunState,
  from: RunState,
  steps: readonly Step[],
): Promise<void> {
  await inParallel(steps, async (step) => {
    if ((await table.get(digestKey(state.id, step, COPIED_BATCH, step.call))) !== undefined) return;
    await copyReports(table, state, from, step);
    await putArchived(table, state.id, {
      batch: COPIED_BATCH,
      step,
      attributes: { ...copiedReportRange(step.call), expiresAt: number(state.expiresAt) },
    });
  });
}

export function writeAdoptions(window: CheckpointWindow): readonly Write[] {
  const { table, id, records } = window;
  return records
    .flatMap((record) => record.adoptions)
    .map(({ archive, call }) => async () => {
      const key = archiveKeyOf(id, archive);
      const item = await table.get(key);
      if (item === undefined) return;
      const { batch, call: archived } = archivePositionIn(item);
      const adoption = { set: { x: number(call) } };
      const step = await readStep(table, item);
      await table.update(digestKey(id, step, batch, archived), adoption, IF_NOT_ADOPTED);
      await table.update(key, adoption, IF_NOT_ADOPTED);
    });
}

const archiveKeyOf = (id: RunId, archive: string): ItemKey => {
  const [batch = 0, call = 0] = archive.split('.').map(Number);
  return archiveKey(id, batch, call);
};

/** The keys of both items end with batch and call. */
function archivePositionIn(item: Item): { readonly batch: number; readonly call: number } {
  const [batch = 0, call = 0] = textIn(item, 'sk').split('#').slice(-2).map(Number);
  return { batch, call };
}

export async function findArchivedStep(
  table: Table,
  state: RunState,
  wanted: Pick<Step, 'component' | 'digest'>,
  excluded: readonly string[],
) {
  const { id } = state;
  const prefix = digestPrefix(wanted.component, wanted.digest);
  const adopted = new Set([
    ...excluded,
    ...state.tail.flatMap((record) => record.adoptions.map(({ archive }) => archive)),
  ]);
  for await (const page of table.pages({
    pk: archivePartition(id),
    from: prefix,
    to: endOfPrefix(prefix),
    filter: IF_NOT_ADOPTED,
  })) {
    for (const { batch, call } of page.map(archivePositionIn)) {
      const archive = `${batch}.${call}`;
      if (adopted.has(archive)) continue;
      const item = await table.get(archiveKey(id, batch, call));
      const step = item === undefined ? undefined : await readStep(table, item);
      if (step?.component === wanted.component && step.digest === wanted.digest)
        return { archive, step } satisfies ArchivedStep;
    }
  }
  return undefined;
}

/**
 * Steps that rewinds archived and no call adopted, in the order of archiving, then of calls,
 * without the first `skip`.
 */
export async function readSuperseded(
  table: Table,
  state: RunState,
  skip: number,
  limit: number,
): Promise<readonly Step[]> {
  const adopted = new Set(
    state.tail.flatMap((record) => record.adoptions.map(({ archive }) => archive)),
  );
  const found: Step[] = [];
  let seen = 0;
  if (limit <= 0) return found;
  const range = {
    pk: archivePartition(state.id),
    from: `A#${padded(COPIED_BATCH + 1)}`,
    to: endOfPrefix('A#'),
    filter: IF_NOT_ADOPTED,
  };
  for await (const page of table.pages(range)) {
    for (const item of page) {
      const { batch, call } = archivePositionIn(item);
      if (adopted.has(`${batch}.${call}`)) continue;
      seen += 1;
      if (seen > skip) found.push({ ...(await readStep(table, item)), status: 'superseded' });
      if (found.length >= limit) return found;
    }
  }
  return found;
}
