/**
 * SQLite as the store uses it: prepared statements that are functions, transactions, and typed errors.
 *
 * 1. A statement is used in one way only: to read one row, to read all rows, or to write. (libsql does not reset a statement between two kinds
 *    of use: a `get` after an `all` answers with the parameters of the `all`.)
 * 2. Nothing reads rows one by one: an open cursor would keep its snapshot, and the write-ahead log growing behind it.
 * 3. BEGIN, COMMIT and ROLLBACK are not prepared: one that fails because the file is locked would stay in progress and block every later COMMIT.
 *
 * @module
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'libsql';
import {
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
} from './errors.ts';

export type SqlValue = string | number | null | Uint8Array;
export type Row = readonly SqlValue[];

/** Milliseconds that a statement waits for another process's write. */
const BUSY_TIMEOUT_MS = 10_000;
/** Pages in the write-ahead log (40 MB) at which a commit moves them into the file: that syncs, so a commit stalls, but a page that was written often moves once. */
const CHECKPOINT_PAGES = 10_000;
/** KiB of pages kept in memory. */
const PAGE_CACHE_KIB = 16_000;
/** Rows of one statement in a bulk write, the most first: a call into SQLite costs more than the row. */
const BULK_ROW_COUNTS = [16, 4, 2, 1];

export class Database {
  readonly #sqlite: Sqlite.Database;
  #hasWritten = false;

  constructor(readonly file: string) {
    try {
      mkdirSync(dirname(file), { recursive: true });
      this.#sqlite = new Sqlite(file, { timeout: BUSY_TIMEOUT_MS });
    } catch (error) {
      throw this.#toStoreError(error);
    }
    this.#withTypedErrors(() => {
      this.#enterWal();
      this.#sqlite.exec(
        `PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA cache_size = -${PAGE_CACHE_KIB}; PRAGMA foreign_keys = OFF`,
      );
    });
  }

  exec(sql: string): void {
    this.#withTypedErrors(() => this.#sqlite.exec(sql));
  }

  /** A query for one row. */
  first(sql: string): (...params: SqlValue[]) => Row | undefined {
    const statement = this.#prepare(sql);
    return (...params) => {
      const row: unknown = this.#withTypedErrors(() => statement.get(params));
      return Array.isArray(row) ? row : undefined;
    };
  }

  /** A query for all its rows. */
  all(sql: string): (...params: SqlValue[]) => readonly Row[] {
    const statement = this.#prepare(sql);
    return (...params) =>
      this.#withTypedErrors(() => statement.all(params)).filter((row) => Array.isArray(row));
  }

  /** A statement that writes; the answer is the number of rows that it changed. */
  write(sql: string): (...params: SqlValue[]) => number {
    const statement = this.#sqlite.prepare(sql);
    return (...params) => {
      this.#hasWritten = true;
      try {
        return statement.run(params).changes;
      } catch (error) {
        throw this.#toStoreError(error);
      }
    };
  }

  /** A statement that writes many rows: `sql` has `VALUES ?` where the rows go, each of `columns` parameters. */
  bulk(sql: string, columns: number): (rows: readonly Row[]) => void {
    const group = `(${new Array(columns).fill('?').join(', ')})`;
    const sizes = BULK_ROW_COUNTS.map((size) => ({
      size,
      write: this.write(
        sql.replace('VALUES ?', `VALUES ${new Array(size).fill(group).join(', ')}`),
      ),
    }));
    return (rows) => {
      let next = 0;
      for (const { size, write } of sizes) {
        for (; rows.length - next >= size; next += size)
          write(...rows.slice(next, next + size).flat());
      }
    };
  }

  /** Runs `work` as one unit that no other writer comes between. What it throws undoes it. */
  transaction<T>(work: () => T): T {
    this.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#sqlite.inTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /** A document that was written here, so that it has the type it is read as unless the file is damaged. */
  parse<T>(text: SqlValue | undefined): T {
    try {
      return JSON.parse(this.text(text));
    } catch (error) {
      throw error instanceof StoreCorruptError
        ? error
        : new StoreCorruptError(this.file, 'a record is not readable', { cause: error });
    }
  }

  text(value: SqlValue | undefined): string {
    return typeof value === 'string' ? value : this.throwCorrupt('a text is missing from a record');
  }

  number(value: SqlValue | undefined): number {
    return typeof value === 'number'
      ? value
      : this.throwCorrupt('a number is missing from a record');
  }

  throwCorrupt(detail: string): never {
    throw new StoreCorruptError(this.file, detail);
  }

  /**
   * Ends the use of the file. libsql keeps the connection until its statements are collected, so what SQLite does at the end of a connection is done here:
   * the write-ahead log is moved into the file, unless another process uses it just now.
   */
  close(): void {
    if (!this.#sqlite.open) return;
    try {
      if (this.#hasWritten)
        this.#sqlite.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log stays, and whoever opens the file next goes on with it.
    }
    this.#sqlite.close();
  }

  #prepare(sql: string): { get(params: SqlValue[]): unknown; all(params: SqlValue[]): unknown[] } {
    return this.#withTypedErrors(() => this.#sqlite.prepare<[SqlValue[]]>(sql).raw());
  }

  /** Switching to the write-ahead log, which only the first process ever does, does not wait for a lock by itself. */
  #enterWal(): void {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#sqlite.pragma('journal_mode = WAL');
        return;
      } catch (error) {
        if (attempt === 100 || !errorCodeOf(error).startsWith('SQLITE_BUSY')) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }

  #withTypedErrors<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#toStoreError(error);
    }
  }

  #toStoreError(error: unknown): unknown {
    const code = errorCodeOf(error);
    const detail = error instanceof Error ? error.message : String(error);
    const options = { cause: error };
    if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB')
      return new StoreCorruptError(this.file, detail, options);
    if (
      code === 'SQLITE_FULL' ||
      code === 'ENOSPC' ||
      (code.startsWith('SQLITE_IOERR') && this.#diskIsFull())
    )
      return new StoreFullError(this.file, options);
    if (code.startsWith('SQLITE_BUSY') || code === 'SQLITE_LOCKED')
      return new StoreBusyError(this.file, options);
    if (
      /^(SQLITE_(IOERR|CANTOPEN|READONLY|PERM|AUTH)|E[A-Z]+$)/.test(code) ||
      detail.startsWith('ConnectionFailed')
    ) {
      return new StoreUnavailableError(this.file, detail, options);
    }
    return error;
  }

  #diskIsFull(): boolean {
    try {
      const { bavail, bsize } = statfsSync(dirname(this.file));
      return bavail * bsize < 1_000_000;
    } catch {
      return false;
    }
  }
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : '';
}
