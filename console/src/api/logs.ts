/**
 * Requests of logs.
 *
 * @module
 */
import type { LogPageDocument, RunLogPageDocument } from '../../../src/wire/logs.ts';
import { request } from './client.ts';

/** The output of an attempt of a step, or the merged log of a run. */
export type LogSource =
  | { readonly run: string; readonly call: number; readonly attempt: number | undefined }
  | { readonly run: string; readonly call: null };

export interface LogRead {
  readonly limit: number;
  readonly cursor?: string | undefined;
  /** `end`: the last lines. */
  readonly from?: 'end' | undefined;
  readonly direction?: 'backward' | undefined;
  /** The first line of the page. */
  readonly position?: string | undefined;
  readonly search?: string | undefined;
  readonly level?: string | undefined;
}

const pathOf = ({ run, call }: LogSource): string =>
  call === null
    ? `v1/runs/${encodeURIComponent(run)}/log`
    : `v1/runs/${encodeURIComponent(run)}/steps/${call}/logs`;

/** A page of a log. */
export const readLog = (
  source: LogSource,
  read: LogRead,
  signal: AbortSignal,
): Promise<LogPageDocument | RunLogPageDocument> =>
  request(pathOf(source), {
    query: { ...read, attempt: source.call === null ? undefined : source.attempt },
    signal,
  });
