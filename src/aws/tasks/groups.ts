/**
 * Groups: immutable, several in one item, found by their number. Members with consecutive calls are
 * stored as ranges (`packed-groups.ts`).
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Group } from '../../ports/tasks.ts';
import { readDocument } from '../dynamodb/stored-documents.ts';
import type { Table } from '../dynamodb/table.ts';
import { type CheckpointWindow, putDocument, type Write } from './checkpoint-window.ts';
import { type PackedGroup, packGroup, unpackGroup } from './packed-groups.ts';
import { groupsKey } from './table-keys.ts';

export function writeGroups(window: CheckpointWindow): readonly Write[] {
  const groups = window.records.flatMap((record) => record.groups);
  const [first] = groups;
  if (first === undefined) return [];
  const chunks: PackedGroup[][] = [];
  let ranges = 0;
  for (const group of groups.map(packGroup)) {
    const chunk = chunks.at(-1);
    if (chunk === undefined || ranges + group.members.length > MAX_RANGES_PER_ITEM) {
      chunks.push([group]);
      ranges = group.members.length;
    } else {
      chunk.push(group);
      ranges += group.members.length;
    }
  }
  return chunks.map(
    (chunk) => () => putDocument(window, groupsKey(window.id, chunk[0]?.number ?? 0), chunk),
  );
}

/** Ranges of members in one item: well below the size limit of an item. */
const MAX_RANGES_PER_ITEM = 10_000;

/** The number is the last part of a job's name. */
export async function readGroup(table: Table, id: RunId, name: string): Promise<Group | undefined> {
  const groupNumber = Number(/\d+$/u.exec(name)?.[0] ?? Number.NaN);
  if (!Number.isSafeInteger(groupNumber)) return undefined;
  const to = groupsKey(id, groupNumber);
  const [item] = await table.list(
    { pk: to.pk, from: 'G#', to: to.sk, descending: true, limit: 1 },
    1,
  );
  const group =
    item === undefined
      ? undefined
      : (await readDocument<readonly PackedGroup[]>(table, item)).find(
          (candidate) => candidate.name === name,
        );
  return group === undefined ? undefined : unpackGroup(group);
}
