/**
 * The pause between two polls of a run that is watched. Pure.
 *
 * @module
 */
import type { FeedPace } from './run-feed.ts';

const MAX_POLL_MS = 10_000;
const IDLE_GROWTH = 1.5;

export interface LastPoll {
  /** The run did not change since the poll before. */
  readonly isIdle: boolean;
  /** The polls also read the output of steps. */
  readonly followsLogs: boolean;
  /** How long it took: the pause is proportional, so that a slow run is polled less often. */
  readonly durationMs: number;
  /** The pause before it. */
  readonly pauseMs: number;
}

export function nextPause(
  { runMs, idleMs, logMs }: Pick<FeedPace, 'runMs' | 'idleMs' | 'logMs'>,
  { isIdle, followsLogs, durationMs, pauseMs }: LastPoll,
): number {
  if (isIdle && idleMs !== undefined && !followsLogs)
    return Math.min(idleMs, Math.max(runMs, pauseMs * IDLE_GROWTH));
  const leastMs = followsLogs ? Math.min(runMs, logMs[0]) : runMs;
  return Math.min(MAX_POLL_MS, Math.max(leastMs, 2 * durationMs));
}
