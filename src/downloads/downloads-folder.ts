/**
 * The folder of local copies on this machine. All projects of a user share it.
 *
 * @module
 */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** `HEADRACE_DOWNLOADS`, else `headrace/downloads` in the folder for caches of the user. */
export function downloadsFolder({ HEADRACE_DOWNLOADS, XDG_CACHE_HOME }: NodeJS.ProcessEnv): string {
  if (HEADRACE_DOWNLOADS) return resolve(HEADRACE_DOWNLOADS);
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'headrace', 'downloads');
}
