/**
 * The runs that the local server executes. A restarted server continues the runs that were
 * unfinished when it stopped, as AWS would.
 *
 * 1. The mark of a run is written before the run is created, and removed after the run is finished.
 *    A crash in between loses no run.
 *
 * @module
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder, PRIVATE_FILE_MODE } from '../../local/private-files.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';

export interface ServedRuns {
  add(run: RunId): void;
  remove(run: RunId): void;
  list(): readonly RunId[];
}

export function openServedRuns(home: string): ServedRuns {
  const folder = join(home, 'served');
  makePrivateFolder(folder);
  return {
    add: (run) => writeFileSync(join(folder, run), '', { mode: PRIVATE_FILE_MODE }),
    remove: (run) => rmSync(join(folder, run), { force: true }),
    list: () => readdirSync(folder).flatMap((name) => runIdSchema.safeParse(name).data ?? []),
  };
}
