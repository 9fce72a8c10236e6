/**
 * The port of step logs: the output of each attempt is a stream, named by `Attempt.logStream`.
 *
 * 1. A line has a position that never changes. A page is read forwards from a position, which
 *    includes the line there, or backwards, which ends before it.
 * 2. A page is in the order of the stream in both directions.
 * 3. No page costs more when the stream is longer.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';

/** The most bytes of text on a page. A page has at least one line if one exists. */
export const MAX_LOG_PAGE_BYTES = 2 ** 20;

export interface LogLine {
  readonly position: string;
  /** Milliseconds since the epoch; `null` if the store has no times. */
  readonly at: number | null;
  /** Without its line end. A very long line is split into several. */
  readonly text: string;
  /** The next line continues this one, which is split. */
  readonly continues?: true | undefined;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** The position after the page. */
  readonly next: string;
  /** The position before which further lines may be; `null` at the start of the stream. */
  readonly previous: string | null;
  /** More lines may exist now in the direction of reading. */
  readonly more: boolean;
  /** No line is added to the stream after those that exist. */
  readonly complete: boolean;
  /** The bytes of the stream now; `null` if the store does not count them. */
  readonly size: number | null;
}

export interface LogPosition {
  /** The position of a line or a page; `null`: the start of the stream, or backwards its end. */
  readonly from: string | null;
  /** Absent: forward. */
  readonly direction?: 'forward' | 'backward' | undefined;
  readonly limit: number;
  /** The attempt has ended: a last line without a line end counts. */
  readonly ended: boolean;
  /** When it ended, in milliseconds since the epoch. A store may receive its last lines later. */
  readonly endedAt?: number | undefined;
}

export interface Logs {
  /**
   * Up to `limit` lines. A missing stream has no lines.
   *
   * @throws LogCursorError, LogsBusyError
   */
  read(stream: string, position: LogPosition): Promise<LogPage>;
  /** How many pages one search reads: a page costs time, and a part of a quota. */
  readonly pagesPerSearch: number;
  /** The calls whose reported texts one page of the log of a run reads: each costs a read. */
  readonly callsPerRunLog: number;
  /**
   * Whether the stream of an attempt that ended at this time may become known later. Absent: the
   * stream is known while the attempt runs.
   */
  readonly mayNameStreamLater?: (endedAt: number) => boolean;
}

export class LogCursorError extends HeadraceError {
  constructor(readonly cursor: string) {
    super(
      `${JSON.stringify(cursor)} is not a position in this log: continue from the last page, or read the log from its start`,
    );
  }
}

/** The store refuses reads for the moment. */
export class LogsBusyError extends HeadraceError {
  constructor(
    readonly retryAfterSeconds: number,
    options?: ErrorOptions,
  ) {
    super(
      `the store of logs accepts no more reads for the moment: try again in ${retryAfterSeconds} s`,
    );
    if (options !== undefined) this.cause = options.cause;
  }
}
