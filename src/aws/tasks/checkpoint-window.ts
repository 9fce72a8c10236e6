/**
 * What a checkpoint writes: the commits since the last one, as one.
 *
 * 1. All of it is committed already. Each write says the same however often it is done, and by whom.
 * 2. An item remembers the last revision that it was written for (`r`); a process that comes late with an older one changes nothing.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunHead } from '../../model/run.ts';
import { type Condition, number, type Table } from '../dynamodb/table.ts';
import type { CommitRecord, Cut } from './commit-log.ts';

export interface CheckpointWindow {
  readonly table: Table;
  readonly id: RunId;
  /** The head that the records follow; where they begin with a cut, counted down to it. */
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

/** The item is not of a later revision (rule 2). */
export const ifNotOlder = ({ head }: Pick<CheckpointWindow, 'head'>): Condition => ({
  expression: 'attribute_not_exists(r) OR r <= :r',
  values: { ':r': number(head.revision) },
});

export const itemMetadata = ({
  head,
  expiresAt,
}: Pick<CheckpointWindow, 'head' | 'expiresAt'>) => ({
  r: number(head.revision),
  expiresAt: number(expiresAt),
});
