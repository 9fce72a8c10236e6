/**
 * The input of a checkpoint: the commits since the last checkpoint, applied as one.
 *
 * 1. All of them are committed already. Each write has the same effect however often it is
 *    repeated, and by any process.
 * 2. An item stores the last revision that it was written for (`r`). A late process with an older
 *    revision changes nothing.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunHead } from '../../model/run.ts';
import { storeDocument } from '../dynamodb/stored-documents.ts';
import { type Condition, type ItemKey, number, type Table } from '../dynamodb/table.ts';
import type { CommitRecord, Cut } from './commit-log.ts';

export interface CheckpointWindow {
  readonly table: Table;
  readonly id: RunId;
  /**
   * The head that the records follow. If they start with a cut, its counters are reduced to the
   * cut.
   */
  readonly base: RunHead;
  readonly head: RunHead;
  readonly records: readonly CommitRecord[];
  readonly cut: Cut | null;
  /** The revision of the run's last rewind; 0 if there was none. */
  readonly epoch: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

export type Write = () => Promise<void>;

/** The item does not have a later revision (rule 2). */
export const ifNotOlder = ({ head }: Pick<CheckpointWindow, 'head'>): Condition => ({
  expression: 'attribute_not_exists(r) OR r <= :r',
  values: { ':r': number(head.revision) },
});

export const itemMetadata = (window: Pick<CheckpointWindow, 'head' | 'expiresAt'>) => ({
  r: number(window.head.revision),
  ...lifetimeOf(window),
});

export const lifetimeOf = ({ expiresAt }: Pick<CheckpointWindow, 'expiresAt'>) => ({
  expiresAt: number(expiresAt),
});

/** Writes an item that contains a document and nothing else (rule 2). */
export async function putDocument(
  window: CheckpointWindow,
  key: ItemKey,
  value: unknown,
): Promise<void> {
  const { table } = window;
  const document = await storeDocument(table, key, value, lifetimeOf(window));
  await table.put(key, { d: document, ...itemMetadata(window) }, ifNotOlder(window));
}
