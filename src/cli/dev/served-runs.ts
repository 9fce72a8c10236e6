/**
 * Runs that the local server answers for: one that it was moving when it ended goes on when it starts again, as it would in AWS.
 *
 * 1. A mark is made before the run is, and goes after the run is over: whatever dies in between, the run is found.
 *
 * @module
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type RunId, runIdSchema } from '../../model/ids.ts';

export interface ServedRuns {
  add(run: RunId): void;
  remove(run: RunId): void;
  list(): readonly RunId[];
}

export function openServedRuns(home: string): ServedRuns {
  const folder = join(home, 'served');
  mkdirSync(folder, { recursive: true });
  return {
    add: (run) => writeFileSync(join(folder, run), ''),
    remove: (run) => rmSync(join(folder, run), { force: true }),
    list: () => readdirSync(folder).flatMap((name) => runIdSchema.safeParse(name).data ?? []),
  };
}
