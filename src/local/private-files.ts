/**
 * Files and folders of a home, which holds the secret of its tokens, the values of its runs, and
 * code that steps execute: no other user of the machine may read or change them.
 *
 * 1. A mode is set when the file or folder is created, so there is no time at which others can open
 *    it. No umask makes it wider.
 * 2. The home itself has mode 0700. A home with a wider mode is corrected before it is used. One
 *    that belongs to another user is rejected.
 * 3. A file system without modes or owners (Windows, some mounts) protects no file. A home on it is
 *    used, with a warning.
 *
 * @module
 */

import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { HeadraceError } from '../model/headrace-error.ts';

export const PRIVATE_FILE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;
const OTHER_USERS = 0o077;
const STICKY = 0o1000;

/** Everything that Headrace creates in a home. */
const HOME_ENTRIES = new Set([
  ...['headrace.db', 'headrace.db-wal', 'headrace.db-shm'],
  ...[
    'objects',
    'logs',
    'jobs',
    'served',
    'servers',
    'tmp',
    'cache',
    'debug',
    'notifications.json',
  ],
  // Of an earlier development version.
  'api-token',
]);

/** A home folder that other users can read or change, and that cannot be corrected. */
export class UnsafeHomeError extends HeadraceError {
  constructor(
    readonly home: string,
    reason: string,
    remedy: string,
  ) {
    super(`the home ${home} ${reason}: ${remedy}, or choose another home with HEADRACE_HOME`);
  }
}

/** Creates a folder that no other user can enter, with its parents. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: PRIVATE_FOLDER_MODE });
}

/** Creates an empty file that no other user can open, unless there is a file. */
export function makePrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', PRIVATE_FILE_MODE));
  } catch (error) {
    if (errorCodeOf(error) !== 'EEXIST') throw error;
  }
}

export interface SecuredHome {
  /** Other users could read the home until now. */
  readonly wasExposed: boolean;
}

const PRIVATE: SecuredHome = { wasExposed: false };
const warnedHomes = new Set<string>();

/**
 * Makes an existing home private. A home that is missing or cannot be examined is left to the
 * caller, who reports it.
 *
 * @throws UnsafeHomeError
 */
export function secureHome(home: string): SecuredHome {
  const user = process.geteuid?.();
  const stats = statsOf(home);
  // Windows has neither user ids nor modes.
  if (user === undefined || stats === undefined || !stats.isDirectory()) return PRIVATE;
  if (stats.uid !== user) {
    if (ownsItsFiles(home, user))
      throw new UnsafeHomeError(
        home,
        `belongs to another user (id ${stats.uid})`,
        `make it yours with chown -R ${user}`,
      );
    warnOnce(home, 'is on a file system without owners: other users of this machine may change it');
    return PRIVATE;
  }
  if ((stats.mode & OTHER_USERS) === 0) return PRIVATE;
  return correct(home, stats);
}

function correct(home: string, stats: Stats): SecuredHome {
  const names = readdirSync(home);
  const isHome = names.includes('headrace.db') || names.every((name) => HOME_ENTRIES.has(name));
  // The mode of /tmp, or of a project's folder, is not for a command to change.
  if (!isHome || (stats.mode & STICKY) !== 0)
    throw new UnsafeHomeError(
      home,
      'contains other files, and other users can read it',
      'if it is for Headrace alone, run chmod 700 on it',
    );
  try {
    chmodSync(home, PRIVATE_FOLDER_MODE);
  } catch (error) {
    if (errorCodeOf(error) === 'EROFS') {
      warnOnce(home, 'is read-only, and other users of this machine may read it');
      return PRIVATE;
    }
    if (honoursModes(home))
      throw new UnsafeHomeError(
        home,
        `can be read by other users, and its mode cannot be changed (${errorCodeOf(error)})`,
        'run chmod 700 on it',
      );
  }
  if ((statSync(home).mode & OTHER_USERS) !== 0) {
    warnOnce(
      home,
      'is on a file system without permissions: other users of this machine may read and change it',
    );
    return PRIVATE;
  }
  for (const name of names) if (HOME_ENTRIES.has(name)) makePrivate(join(home, name));
  warnOnce(
    home,
    'could be read by other users of this machine: its permissions are corrected, and its tokens are new',
  );
  return { wasExposed: true };
}

function makePrivate(path: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isSymbolicLink()) return;
  chmodSync(path, stats.mode & ~OTHER_USERS & 0o777);
}

/** True if a new file in the folder belongs to this user, as on a file system with owners. */
const ownsItsFiles = (folder: string, user: number): boolean =>
  probe(folder, ({ uid }) => uid === user);

const honoursModes = (folder: string): boolean =>
  probe(folder, ({ mode }) => (mode & OTHER_USERS) === 0);

/** Checks a new file in the folder. A folder that takes no new file is an ordinary one. */
function probe(folder: string, check: (stats: Stats) => boolean): boolean {
  const path = join(folder, `.headrace-${randomUUID()}`);
  try {
    makePrivateFile(path);
    return check(statSync(path));
  } catch {
    return true;
  } finally {
    rmSync(path, { force: true });
  }
}

function warnOnce(home: string, text: string): void {
  if (warnedHomes.has(home)) return;
  warnedHomes.add(home);
  process.emitWarning(`the home ${home} ${text}`, 'HeadraceWarning');
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

const errorCodeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';
