/**
 * Opens the records of a home without an engine, for commands that only read.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { NotFoundError } from '../launch/errors.ts';
import { homeTarget } from '../launch/home.ts';
import type { HomeRecords } from '../launch/load-engine.ts';
import { LimitWaits } from '../ports/limit-waits.ts';
import { recordedOutputs } from '../ports/reported-outputs.ts';
import { recordedProgress } from '../view/child-progress.ts';

/** @throws NotFoundError if the home does not exist: reading does not create it */
export async function openRecords(home: string): Promise<HomeRecords> {
  if (!existsSync(home))
    throw new NotFoundError(`there are no runs: the home ${home} does not exist`);
  const [{ openStore }, { createFileObjects }] = await Promise.all([
    import('../local/store/store.ts'),
    import('../local/file-objects.ts'),
  ]);
  const store = openStore(home);
  return {
    ...store,
    objects: createFileObjects(home),
    reported: recordedOutputs(store),
    limitWaits: () => new LimitWaits(store),
    childProgress: recordedProgress(store.tasks),
    hintTarget: homeTarget(home),
    close: async () => store.close(),
  };
}

/** Returns what `read` returns, or the fallback if the home does not exist. */
export async function withRecordsIfAny<T>(
  home: string,
  fallback: T,
  read: (records: HomeRecords) => Promise<T>,
): Promise<T> {
  if (!existsSync(home)) return fallback;
  const records = await openRecords(home);
  try {
    return await read(records);
  } finally {
    await records.close();
  }
}
