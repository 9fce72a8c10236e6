/**
 * The checkpoint: writes the content of the commits since the last checkpoint to items.
 *
 * 1. Each part can be repeated, and can run in two processes at the same time: it writes committed
 *    content, and each item retains the latest revision.
 * 2. The item of the head is written last. Until then, a reader finds the commits in the log, and
 *    can do the same checkpoint again.
 * 3. A commit that rewinds the run is the first of its window. It is written to the items before
 *    any process reads beyond it.
 * 4. Components are written before the items of steps and statuses (`component-totals.ts`).
 *
 * @module
 */
import type { RunHead } from '../../model/run.ts';
import { storeDocument } from '../dynamodb/stored-documents.ts';
import { type Item, inParallel, number, type Table, text } from '../dynamodb/table.ts';
import { archiveFrom, writeAdoptions } from './archive.ts';
import { writeStatuses } from './call-statuses.ts';
import { type CheckpointWindow, lifetimeOf } from './checkpoint-window.ts';
import { writeComponents } from './component-writes.ts';
import { writeEdges } from './edges.ts';
import { writeGroups } from './groups.ts';
import { cutHistory, writeHistory } from './history.ts';
import { writeReports } from './reports.ts';
import { writeRunOutputs } from './run-outputs.ts';
import type { RunState } from './run-state.ts';
import { writeSteps } from './steps.ts';
import { headKey } from './table-keys.ts';

/**
 * Commits, or bytes of commits, after which a checkpoint follows: few enough for one query to read
 * them, and many enough for a step to be written only once or twice.
 */
export const CHECKPOINT_AFTER_COMMITS = 16;
const CHECKPOINT_AFTER_BYTES = 24_000;

export function isCheckpointDue(
  { base, head, tail }: RunState,
  checkpointAfterCommits: number,
): boolean {
  return (
    tail.length >= checkpointAfterCommits ||
    base.status !== head.status ||
    tail.reduce((sum, { size }) => sum + size, 0) >= CHECKPOINT_AFTER_BYTES ||
    startsWithCut({ tail })
  );
}

export const startsWithCut = ({ tail }: Pick<RunState, 'tail'>): boolean =>
  tail[0] !== undefined && tail[0].cut !== null;

/** Writes all commits to items, and returns the state without them. */
export async function checkpoint(table: Table, state: RunState): Promise<RunState> {
  if (state.tail.length === 0) return state;
  const window = windowOf(table, state);
  if (window.cut !== null) {
    await archiveFrom(window, state.base.callCount);
    await cutHistory(window);
  }
  const statuses = await writeComponents(window);
  const writes = [
    // Adoptions first: the items of steps contain data of their archives, and a step can be read as
    // soon as it is written.
    ...writeAdoptions(window),
    ...writeSteps(window),
    ...writeStatuses(window, statuses),
    ...writeEdges(window),
    ...writeGroups(window),
    ...writeHistory(window),
    ...writeReports(window),
    ...writeRunOutputs(window),
  ];
  await inParallel(writes, (write) => write());
  await writeHead(window, state);
  return { ...state, base: window.head, tail: [], epoch: window.epoch };
}

/**
 * Completes the checkpoint (rule 2). Timers that may not have been set are stored for a writer to
 * set them.
 */
async function writeHead(
  window: CheckpointWindow,
  { lastTimers, timersSetUpTo }: RunState,
): Promise<void> {
  const { table, id, head, epoch } = window;
  const key = headKey(id);
  const lifetime = lifetimeOf(window);
  const pending =
    lastTimers.length > 0 && timersSetUpTo < head.revision
      ? { t: await storeDocument(table, key, lastTimers, lifetime) }
      : {};
  const remove = [...(isLive(head) ? [] : ['live']), ...('t' in pending ? [] : ['t'])];
  const ifEarlier = {
    expression: 'r < :r AND attribute_not_exists(removed)',
    values: { ':r': number(head.revision) },
  };
  const attributes = await headAttributes(table, head, lifetime);
  await table.update(
    key,
    { set: { ...attributes, e: number(epoch), ...pending }, remove },
    ifEarlier,
  );
}

function windowOf(
  table: Table,
  { id, base, head, tail, epoch, expiresAt }: RunState,
): CheckpointWindow {
  const [first] = tail;
  const cut = first?.cut ?? null;
  return {
    table,
    id,
    base:
      cut === null
        ? base
        : {
            ...base,
            eventCount: cut.eventCount,
            commandCount: cut.commandCount,
            callCount: cut.callCount,
          },
    head: tail.at(-1)?.head ?? head,
    records: tail,
    cut,
    epoch: cut === null ? epoch : (first?.head.revision ?? epoch),
    expiresAt,
  };
}

const isLive = ({ status }: RunHead): boolean =>
  status === 'queued' || status === 'running' || status === 'aborting';

/** The head, and its attributes in the indexes. */
export const headAttributes = async (table: Table, head: RunHead, lifetime: Item) => ({
  r: number(head.revision),
  d: await storeDocument(table, headKey(head.id), head, lifetime),
  status: text(head.status),
  ...(isLive(head) ? { live: text('live') } : {}),
});
