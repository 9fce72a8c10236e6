/**
 * The port to what steps printed: one stream an attempt, named by `Attempt.logStream`.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';

export interface LogLine {
  /** Milliseconds since the epoch; `null` where the store keeps no times. */
  readonly at: number | null;
  /** Without its line end. A very long line comes in pieces. */
  readonly text: string;
}

export interface LogPage {
  readonly lines: readonly LogLine[];
  /** Where to go on: the next page if `more`, else what is written from now on. */
  readonly next: string;
  readonly more: boolean;
}

export interface Logs {
  /**
   * Up to `limit` lines from the place `from` (`null`: the beginning; else the `next` of a page of this stream). A stream that is not there has no lines.
   * `ended`: nothing more is written to the stream, so that a last line without a line end counts.
   *
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
      `${JSON.stringify(cursor)} is no place in this log: go on from the last page, or read it from its beginning`,
    );
  }
}
