/**
 * The port of step logs: the output of each attempt is a stream, named by `Attempt.logStream`.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';

export interface LogLine {
  /** Milliseconds since the epoch; `null` if the store has no times. */
  readonly at: number | null;
  /** Without its line end. A very long line is split into several. */
  readonly text: string;
  /** The next line continues this one, which is split. */
  readonly continues?: true | undefined;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** The cursor of the next page; if `more` is false, of the lines that are written later. */
  readonly next: string;
  readonly more: boolean;
  /** No line is added to the stream after those that exist. */
  readonly complete: boolean;
}

export interface LogPosition {
  /** `null` for the start of the stream, else the `next` of a page of it. */
  readonly from: string | null;
  readonly limit: number;
  /** The attempt has ended: a last line without a line end counts. */
  readonly ended: boolean;
  /** When it ended, in milliseconds since the epoch. A store may receive its last lines later. */
  readonly endedAt?: number | undefined;
}

export interface Logs {
  /** Up to `limit` lines. A missing stream has no lines. @throws LogCursorError */
  read(stream: string, position: LogPosition): Promise<LogPage>;
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
