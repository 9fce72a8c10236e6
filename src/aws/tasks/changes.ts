/**
 * What changed in a run since a revision, from the records of its commits: one query, or none while
 * nothing changed.
 *
 * @module
 */
import type { Run } from '../../model/run.ts';
import {
  changedCalls,
  MAX_CHANGED_REVISIONS,
  noChanges,
  type RunChanges,
  resetChanges,
} from '../../ports/run-state.ts';
import type { Table } from '../dynamodb/table.ts';
import { type CommitRecord, isInParts, readCommit } from './commit-log.ts';
import { type RunState, stepsIn } from './run-state.ts';
import { logKey } from './table-keys.ts';

export async function readChanges(
  table: Table,
  state: RunState,
  run: Run,
  since: number,
  limit: number,
): Promise<RunChanges> {
  const { revision: last, generation } = state.head;
  if (since >= last) return noChanges(run, since);
  if (last - since > MAX_CHANGED_REVISIONS) return resetChanges(run);
  const revision = Math.min(last, since + limit);
  const records = await recordsAfter(table, state, since, revision);
  // Only a rewind has a cut, and starts a generation.
  const isListed = ({ cut, head, ...record }: CommitRecord) =>
    cut === null && head.generation === generation && changedCalls(record) !== undefined;
  if (records?.every(isListed) !== true) return resetChanges(run);
  return {
    ...noChanges(run, since),
    revision,
    more: revision < last,
    run,
    steps: [...stepsIn(records).values()].sort((a, b) => a.call - b.call),
  };
}

/**
 * The records of the revisions above `since` up to `revision`; undefined if one of them has expired,
 * or is stored in parts, which are further reads.
 */
async function recordsAfter(
  table: Table,
  { id, base, tail }: RunState,
  since: number,
  revision: number,
): Promise<readonly CommitRecord[] | undefined> {
  const lastStored = Math.min(revision, base.revision);
  const items =
    since >= lastStored
      ? []
      : await table.list({
          pk: logKey(id, 0).pk,
          from: logKey(id, since + 1).sk,
          to: logKey(id, lastStored).sk,
        });
  if (items.length !== Math.max(0, lastStored - since) || items.some(isInParts)) return undefined;
  const stored = await Promise.all(items.map((item) => readCommit(table, item)));
  return [
    ...stored,
    ...tail.filter(({ head }) => head.revision > since && head.revision <= revision),
  ];
}
