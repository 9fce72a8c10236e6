/**
 * Files with the code of debug runs. The process of a debug run imports one, and removes it at its
 * end. A process that is killed leaves its file to the next debug run: a handler of Ctrl-C would
 * keep code that never yields from being interrupted.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processIdentity } from '../../local/jobs/process-identity.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE } from '../../local/private-files.ts';
import { protectHome } from '../../local/store/store.ts';

const FILE_NAME = /^[0-9a-f]{32}-(\d+)\.mjs$/;

/**
 * Writes a bundle to a file of this process, and removes those of processes that have ended.
 *
 * @returns the path
 */
export function writeDebugBundle(home: string, text: string): string {
  const folder = join(home, 'debug');
  protectHome(home);
  makePrivateFolder(folder);
  for (const name of readdirSync(folder)) {
    const pid = FILE_NAME.exec(name)?.[1];
    if (pid !== undefined && processIdentity(Number(pid)) === undefined)
      rmSync(join(folder, name), { force: true });
  }
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 32);
  const path = join(folder, `${hash}-${process.pid}.mjs`);
  writeFileSync(path, text, { mode: PRIVATE_FILE_MODE });
  return path;
}
