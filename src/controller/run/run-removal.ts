/**
 * The removal of a terminal run, with the objects that it and its steps wrote.
 *
 * 1. Once another run uses values of this run (a cache hit, a rerun), all of its objects stay until
 *    they expire.
 * 2. Sharing and removal exclude each other: the start of the removal is recorded, and from then on
 *    the run cannot be shared.
 * 3. The records are removed last, so that a removal that crashed can be requested again.
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
