/**
 * The statuses of steps in the order of their codes in the documents of a run's state.
 *
 * @module
 */
import type { StepStatus } from '../../../src/model/step.ts';

/** A status is stored as its index in this list. */
export const STATUSES = [
  'pending',
  'queued',
  'running',
  'completed',
  'failed',
  'aborted',
  'cached',
  'skipped',
  'superseded',
] as const satisfies readonly StepStatus[];

const CODES: ReadonlyMap<string, number> = new Map(STATUSES.map((name, code) => [name, code]));

export const PENDING = 0;
export const QUEUED = 1;
export const RUNNING = 2;
export const COMPLETED = 3;
export const FAILED = 4;
export const ABORTED = 5;
export const CACHED = 6;
export const SKIPPED = 7;
export const SUPERSEDED = 8;

/** The code of a status; a status of a newer service counts as pending. */
export const codeOf = (status: string): number => CODES.get(status) ?? PENDING;

export const statusOf = (code: number): StepStatus => STATUSES[code] ?? 'pending';

/**
 * Which of several statuses one cell shows: the first of this list. Failures come first, so that
 * one failure among thousands of members is visible.
 */
export const WORST_FIRST: readonly number[] = [
  FAILED,
  ABORTED,
  RUNNING,
  QUEUED,
  PENDING,
  SKIPPED,
  COMPLETED,
  CACHED,
  SUPERSEDED,
];

/** The place of each status in `WORST_FIRST`, by code. */
export const SEVERITY: Uint8Array = Uint8Array.from(STATUSES, (_, code) =>
  WORST_FIRST.indexOf(code),
);

/** Whether a step of this status will not change any more, unless the run is resumed. */
export const isTerminal = (code: number): boolean => code > RUNNING;
