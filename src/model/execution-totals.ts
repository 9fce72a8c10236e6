/**
 * Totals of the executions of steps: the first start, the last end, and the durations. Pure.
 *
 * A step contributes what its own attempts executed in this run: a step that was taken over from
 * another run, or from the cache, contributes nothing. While a step exists, its contribution only
 * grows: attempts are added, and a completed step stays as it is.
 *
 * @module
 */
import type { Step } from './step.ts';

/** Upper bounds of the buckets of durations, in milliseconds; the twelfth bucket has none. */
export const DURATION_BUCKETS_MS = [
  100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000, 600_000, 1_800_000, 7_200_000,
] as const;

export interface ExecutionTotals {
  /** Milliseconds since the epoch; null: nothing started. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  /** The sum of the durations of completed steps. */
  readonly durationMs: number;
  /** Completed steps by the bucket of their duration. */
  readonly durations: readonly number[];
}

export const NO_EXECUTIONS: ExecutionTotals = {
  startedAt: null,
  endedAt: null,
  durationMs: 0,
  durations: new Array(DURATION_BUCKETS_MS.length + 1).fill(0),
};

export type ExecutedStep = Pick<Step, 'status' | 'attempts' | 'adoptedFrom'>;

/** The first start and the last end of the step's attempts; null: there is none in this run. */
export function executionSpan({
  attempts,
  adoptedFrom,
}: Pick<ExecutedStep, 'attempts' | 'adoptedFrom'>): {
  readonly startedAt: number | null;
  readonly endedAt: number | null;
} {
  if (adoptedFrom !== undefined) return { startedAt: null, endedAt: null };
  const started = attempts.flatMap((attempt) => attempt.startedAt ?? []);
  const ended = attempts.flatMap((attempt) => attempt.endedAt ?? []);
  return {
    startedAt: started.length === 0 ? null : Math.min(...started),
    endedAt: ended.length === 0 ? null : Math.max(...ended),
  };
}

/** The duration of the last attempt of a completed step; null if there is none in this run. */
export function completedDurationMs({
  status,
  attempts,
  adoptedFrom,
}: ExecutedStep): number | null {
  const { startedAt, endedAt } = attempts.at(-1) ?? {};
  return status !== 'completed' ||
    startedAt === undefined ||
    endedAt === undefined ||
    adoptedFrom !== undefined
    ? null
    : Math.max(0, endedAt - startedAt);
}

/** The number of the bucket of a duration. */
export function durationBucket(durationMs: number): number {
  const bucket = DURATION_BUCKETS_MS.findIndex((bound) => durationMs < bound);
  return bucket === -1 ? DURATION_BUCKETS_MS.length : bucket;
}

/** The totals of one step. */
export function totalsOf(step: ExecutedStep): ExecutionTotals {
  return { ...executionSpan(step), ...completedTotals(completedDurationMs(step)) };
}

/** The part of the totals that completed steps add. */
export function completedTotals(
  durationMs: number | null,
): Pick<ExecutionTotals, 'durationMs' | 'durations'> {
  if (durationMs === null) return { durationMs: 0, durations: NO_EXECUTIONS.durations };
  const completed = durationBucket(durationMs);
  return {
    durationMs,
    durations: NO_EXECUTIONS.durations.map((_, bucket) => (bucket === completed ? 1 : 0)),
  };
}

export const addTotals = (a: ExecutionTotals, b: ExecutionTotals): ExecutionTotals => ({
  startedAt: extreme(Math.min, a.startedAt, b.startedAt),
  endedAt: extreme(Math.max, a.endedAt, b.endedAt),
  durationMs: a.durationMs + b.durationMs,
  durations: a.durations.map((count, bucket) => count + (b.durations[bucket] ?? 0)),
});

const extreme = (
  choose: (a: number, b: number) => number,
  a: number | null,
  b: number | null,
): number | null => (a === null ? b : b === null ? a : choose(a, b));
