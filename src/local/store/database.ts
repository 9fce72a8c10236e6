/**
 * A thin layer over SQLite: prepared statements as functions, transactions, and typed errors.
 *
 * 1. A statement is used in one way only: to read one row, to read all rows, or to write. libsql
 *    does not reset a statement between two kinds of use: a `get` after an `all` uses the
 *    parameters of the `all`.
 * 2. All rows of a query are read at once. An open cursor would hold its snapshot, and the
 *    write-ahead log would grow.
 * 3. BEGIN, COMMIT and ROLLBACK are not prepared. A prepared one that fails because the file is
 *    locked stays in progress and blocks every later COMMIT.
 *
 * @module
 */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'libsql';
import { makePrivateFile, makePrivateFolder } from '../private-files.ts';
import {
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
} from './errors.ts';

export type SqlValue = string | number | null | Uint8Array;
export type Row = readonly SqlValue[];

/** How long a statement waits for the write of another process. */
const BUSY_TIMEOUT_MS = 10_000;
/**
 * The size of the write-ahead log, in pages (40 MB), at which a commit moves it into the file. That
 * commit is slow because it syncs, but a page that was written many times is moved once.
 */
const CHECKPOINT_PAGES = 10_000;
/** The size of SQLite's page cache. */
const PAGE_CACHE_KIB = 16_000;
/** The numbers of rows that bulk statements write. One call into SQLite costs more than one row. */
const BULK_ROW_COUNTS = [16, 4, 2, 1];

const WAL_ATTEMPTS = 100;
const WAL_RETRY_MS = 20;
/** With less free space than this, an I/O error is reported as a full disk. */
const FULL_BELOW_BYTES = 1_000_000;

export class Database {
  readonly #sqlite: Sqlite.Database;
  #hasWritten = false;

  constructor(readonly file: string) {
    try {
      makePrivateFolder(dirname(file));
      // SQLite gives its other files the mode of this one.
      if (!existsSync(file)) makePrivateFile(file);
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

  /** Prepares a query for one row. */
  first(sql: string): (...params: SqlValue[]) => Row | undefined {
    const statement = this.#prepare(sql);
    return (...params) => {
      const row: unknown = this.#withTypedErrors(() => statement.get(params));
      return Array.isArray(row) ? row : undefined;
    };
  }

  /** Prepares a query for all rows. */
  all(sql: string): (...params: SqlValue[]) => readonly Row[] {
    const statement = this.#prepare(sql);
    return (...params) =>
      this.#withTypedErrors(() => statement.all(params)).filter((row) => Array.isArray(row));
  }

  /**
   * Prepares a query for all rows whose answer is an array of each column's values. It is some five
   * times as fast as `all`, because each cell that libsql returns costs microseconds.
   *
   * @param columns the names of the columns, numbers and texts
   */
  columns(sql: string, columns: readonly string[]): (...params: SqlValue[]) => SqlValue[][] {
    const arrays = columns.map((column) => `json_group_array(${column})`).join(', ');
    const statement = this.first(`SELECT ${arrays} FROM (${sql})`);
    return (...params) => {
      const row = statement(...params);
      return columns.map((_, index) => this.parse<SqlValue[]>(row?.[index]));
    };
  }

  /** Prepares a statement that writes. Its function returns the number of changed rows. */
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

  /**
   * Prepares a statement that writes many rows. `sql` contains `VALUES ?`, and each row has
   * `columns` parameters.
   */
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

  /**
   * Runs `work` in one transaction. If it throws, the transaction is rolled back.
   *
   * @param kind `write` excludes other writers; `read` sees one state of the file and excludes no
   *   writer
   */
  transaction<T>(work: () => T, kind: 'read' | 'write' = 'write'): T {
    this.exec(`BEGIN ${kind === 'write' ? 'IMMEDIATE' : 'DEFERRED'}`);
    try {
      const result = work();
      this.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#sqlite.inTransaction) this.exec('ROLLBACK');
      throw error;
    }
  }

  /**
   * Parses a document of the store. The store wrote it, so it has the expected type unless the file
   * is damaged.
   */
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
   * Closes the file. libsql keeps the connection open until its statements are garbage-collected,
   * so this method does the final checkpoint of SQLite: it moves the write-ahead log into the file,
   * unless another process uses the log.
   */
  close(): void {
    if (!this.#sqlite.open) return;
    try {
      if (this.#hasWritten)
        this.#sqlite.exec('PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // The log stays, and the next process that opens the file reads it.
    }
    this.#sqlite.close();
  }

  #prepare(sql: string): { get(params: SqlValue[]): unknown; all(params: SqlValue[]): unknown[] } {
    return this.#withTypedErrors(() => this.#sqlite.prepare<[SqlValue[]]>(sql).raw());
  }

  /**
   * Switches to the write-ahead log. SQLite does not wait for a lock in this case, so the method
   * retries.
   */
  #enterWal(): void {
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#sqlite.pragma('journal_mode = WAL');
        return;
      } catch (error) {
        if (attempt === WAL_ATTEMPTS || !errorCodeOf(error).startsWith('SQLITE_BUSY')) throw error;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAL_RETRY_MS);
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
      return bavail * bsize < FULL_BELOW_BYTES;
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
