/**
 * What can go wrong with the store as a whole. Each names the file and the way out.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** The file is not what this program wrote: damaged, truncated, or something else altogether. */
export class StoreCorruptError extends HeadraceError {
  constructor(
    readonly file: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} is damaged (${detail}): put back a copy of it, or move it away (with its -wal and -shm files) and a new one is made; artifacts stay in the folder "objects" beside it`,
      options,
    );
  }
}

/** The disk is full. What was being written was not written; the rest is whole. */
export class StoreFullError extends HeadraceError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `no space is left on the disk of ${file}: free some, then resume the run; nothing that was written before is lost`,
      options,
    );
  }
}

/** The store has another format than the one that this version reads and writes. */
export class StoreVersionError extends HeadraceError {
  constructor(
    readonly file: string,
    readonly found: number,
    readonly supported: number,
  ) {
    const remedy =
      found > supported
        ? 'upgrade headrace, or point HEADRACE_HOME to another folder'
        : 'an earlier development version wrote it, and its runs cannot be read any more: move the home folder away to start with an empty one, or point HEADRACE_HOME to another folder';
    super(
      `the store ${file} has format ${found}, and this version of headrace reads format ${supported}: ${remedy}`,
    );
  }
}

/** Another process held the write lock for longer than any write should take. */
export class StoreBusyError extends HeadraceError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} is locked by another process for too long: find the process that holds it (a backup, a database browser) and end it, then try again`,
      options,
    );
  }
}

/** The file cannot be opened, read or written: a missing permission, a file in the place of the folder, a failing disk. */
export class StoreUnavailableError extends HeadraceError {
  constructor(
    readonly file: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} cannot be used (${detail}): check that its folder exists and that you may write there, or point HEADRACE_HOME to another folder`,
      options,
    );
  }
}
