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
  readonly continues?: true;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** The cursor of the next page; if `more` is false, of the lines that are written later. */
  readonly next: string;
  readonly more: boolean;
}

export interface Logs {
  /**
   * Up to `limit` lines. A missing stream has no lines.
   *
   * @param page `from` is `null` for the start of the stream, else the `next` of a page of it.
   *   `ended`: nothing more is written to the stream, so a last line without a line end counts.
   * @throws LogCursorError
   */
  read(
    stream: string,
    page: { readonly from: string | null; readonly limit: number; readonly ended: boolean },
  ): Promise<LogPage>;
}

export class LogCursorError extends HeadraceError {
  constructor(readonly cursor: string) {
    super(
      `${JSON.stringify(cursor)} is not a position in this log: continue from the last page, or read the log from its start`,
    );
  }
}
