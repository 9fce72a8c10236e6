/**
 * Removing a run that is over, with what it and its steps wrote.
 *
 * 1. What another run took over from it stays: once a run shares its values (a cache hit, a rerun), all of its objects are left to their own expiry.
 * 2. Sharing and removing exclude each other: the removal begins by refusing, on record, what has not been shared before.
 * 3. The records go last: a removal that dies is asked for again.
 *
 * @module
 */
import { runPrefixes } from '../../model/object-layout.ts';
import type { RunInfo } from '../../model/run.ts';
import type { Objects } from '../../ports/objects.ts';
import type { Removal } from '../../ports/removal.ts';

export interface RemovalPorts {
  readonly removal: Removal;
  readonly objects: Pick<Objects, 'remove'>;
}

export async function removeRun({ removal, objects }: RemovalPorts, info: RunInfo): Promise<void> {
  const { shared } = await removal.startRemoval(info.id);
  for (const prefix of shared ? [] : runPrefixes(info)) await objects.remove(prefix);
  await removal.remove(info.id);
}
