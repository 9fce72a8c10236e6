/**
 * A home's records without an engine: for commands that look things up.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { NotFoundError } from './errors.ts';
import type { HomeRecords } from './load-engine.ts';

/** @throws NotFoundError if there is no such home: looking does not make one. */
export async function openRecords(home: string): Promise<HomeRecords> {
  if (!existsSync(home)) throw new NotFoundError(`there are no runs here: ${home} does not exist`);
  const [{ openStore }, { createFileObjects }] = await Promise.all([
    import('../local/store/store.ts'),
    import('../local/file-objects.ts'),
  ]);
  const store = openStore(home);
  return { ...store, objects: createFileObjects(home), close: async () => store.close() };
}

/** What `look` finds in the home's records; `otherwise` if there is no such home. */
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
