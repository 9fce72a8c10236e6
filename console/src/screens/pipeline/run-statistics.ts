/**
 * The last runs of a pipeline in numbers.
 *
 * @module
 */
import type { RunSummary } from '../../../../src/wire/runs.ts';

type EndedRun = Pick<RunSummary, 'status' | 'startedAt' | 'endedAt'>;

export interface RunStatistics {
  /** The share of completed runs among those that completed or failed; undefined without any. */
  readonly successRate: number | undefined;
  /** The median duration of completed runs in milliseconds; undefined without any. */
  readonly medianMs: number | undefined;
}

export function runStatistics(runs: readonly EndedRun[]): RunStatistics {
  const completed = runs.filter(({ status }) => status === 'completed');
  const failed = runs.filter(({ status }) => status === 'failed');
  const counted = completed.length + failed.length;
  const durations = completed.flatMap((run) => durationMs(run) ?? []).sort((a, b) => a - b);
  return {
    successRate: counted === 0 ? undefined : completed.length / counted,
    medianMs: durations[Math.floor((durations.length - 1) / 2)],
  };
}

/** Undefined for a run that has not started or not ended. */
export const durationMs = ({ startedAt, endedAt }: EndedRun): number | undefined =>
  startedAt === null || endedAt === null ? undefined : Date.parse(endedAt) - Date.parse(startedAt);
