/**
 * Removes the temporary folder of a job that has ended.
 *
 * @module
 */
import { rmdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';

/** Failures are ignored: the job has ended all the same. */
export async function removeJobFolder(folder: string): Promise<void> {
  try {
    // Of most jobs, the folder is empty. The recursive removal takes several turns.
    rmdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    // A killed process of the group may still be writing for a moment.
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }).catch(
      () => undefined,
    );
  }
}
