/**
 * Items that find runs by their number, by their tags and by their creator, beside the indexes
 * of the table.
 *
 * ```
 * N#project#pipeline | number   the run with this number
 * T#tag              | run      a run that has, or had, the tag
 * BY#name            | run      a run with a creator of this short name
 * ```
 *
 * 1. An item is written before the record that makes it true, so that no run is missing. Readers
 *    check the run itself: an item can name a run that was never created, has another number, lost
 *    the tag, or was removed.
 * 2. Items expire with the data of their run.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunInfo } from '../../model/run.ts';
import { creatorName } from '../../model/run-creator.ts';
import type { PipelineName } from '../../ports/registry.ts';
import { type ItemKey, inParallel, number, type Table, text } from '../dynamodb/table.ts';
import { padded } from './table-keys.ts';

/** The part of a run by which it is found. */
type FoundBy = Pick<RunInfo, 'id' | 'project' | 'pipeline'>;

export const numberKey = ({ project, name }: PipelineName, runNumber: number): ItemKey => ({
  pk: `N#${project}#${name}`,
  sk: padded(runNumber),
});

export const tagPartition = (tag: string): string => `T#${tag}`;
const tagKey = (tag: string, run: RunId): ItemKey => ({ pk: tagPartition(tag), sk: run });

/** The partition of runs whose creator has the short name of this one. */
export const creatorPartition = (creator: string): string => `BY#${creatorName(creator)}`;

/** @param expiresAt seconds since the epoch */
export async function indexNumber(
  table: Table,
  { id, project, pipeline }: FoundBy,
  runNumber: number,
  expiresAt: number,
): Promise<void> {
  await table.put(numberKey({ project, name: pipeline }, runNumber), {
    run: text(id),
    expiresAt: number(expiresAt),
  });
}

/** @param expiresAt seconds since the epoch */
export async function indexTags(
  table: Table,
  { id, project, pipeline }: FoundBy,
  tags: readonly string[],
  expiresAt: number,
): Promise<void> {
  await inParallel(tags, (tag) =>
    table.put(tagKey(tag, id), foundByAttributes({ id, project, pipeline }, expiresAt)),
  );
}

/** @param expiresAt seconds since the epoch */
export async function indexCreator(
  table: Table,
  { createdBy, ...run }: FoundBy & Pick<RunInfo, 'createdBy'>,
  expiresAt: number,
): Promise<void> {
  if (createdBy === undefined) return;
  const key = { pk: creatorPartition(createdBy), sk: run.id };
  await table.put(key, foundByAttributes(run, expiresAt));
}

const foundByAttributes = ({ id, project, pipeline }: FoundBy, expiresAt: number) => ({
  run: text(id),
  project: text(project),
  pipeline: text(pipeline),
  expiresAt: number(expiresAt),
});
