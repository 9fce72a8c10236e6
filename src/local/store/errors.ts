/**
 * Errors of the store as a whole. Each message names the file and a remedy.
 *
 * @module
 */
import { HeadraceError } from '../../model/headrace-error.ts';

/** The file is damaged or truncated, or it is not a store of Headrace. */
export class StoreCorruptError extends HeadraceError {
  constructor(
    readonly file: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} is damaged (${detail}): restore it from a copy, or move it away (with its -wal and -shm files) so that a new one is created; artifacts stay in the folder "objects" beside it`,
      options,
    );
  }
}

/** The disk is full. The failed write has no effect; earlier writes are complete. */
export class StoreFullError extends HeadraceError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `no space is left on the disk of ${file}: free some space, then resume the run; earlier records are not lost`,
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

/** Another process held the write lock for longer than a write takes. */
export class StoreBusyError extends HeadraceError {
  constructor(
    readonly file: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} has been locked by another process for too long: find that process (a backup, a database browser), stop it, and try again`,
      options,
    );
  }
}

/**
 * The file cannot be opened, read or written. Causes: a missing permission, a file where the folder
 * must be, a failing disk.
 */
export class StoreUnavailableError extends HeadraceError {
  constructor(
    readonly file: string,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(
      `the store ${file} cannot be used (${detail}): check that its folder exists and is writable, or point HEADRACE_HOME to another folder`,
      options,
    );
  }
}
