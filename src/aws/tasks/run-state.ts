/**
 * The state of a run beside its items: the head at the last checkpoint, and the commits since then,
 * which the items do not contain yet.
 *
 * 1. A read searches the commits first, the newest first, and then the items: the result is the run
 *    at `head.revision`.
 * 2. The number of commits is small, because a checkpoint follows soon: nothing here grows with the
 *    run.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunHead } from '../../model/run.ts';
import { isTerminalStep, type Step } from '../../model/step.ts';
import type { Timer } from '../../ports/tasks.ts';
import type { CommitRecord } from './commit-log.ts';

export interface RunState {
  readonly id: RunId;
  /** At the last checkpoint. */
  readonly base: RunHead;
  /** Commits since then, in order, without a gap. */
  readonly tail: readonly CommitRecord[];
  /** At the last commit. */
  readonly head: RunHead;
  /** The revision of the run's last rewind; 0 if there was none. */
  readonly epoch: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /**
   * The timers of the last commit. The timers of earlier commits were set before the following
   * commit.
   */
  readonly lastTimers: readonly Timer[];
  /** The last revision whose timers are known to be set. */
  readonly timersSetUpTo: number;
}

/** The step is not terminal, or its completion is not recorded yet. */
export const isUnfinished = (step: Step): boolean =>
  !isTerminalStep(step.status) || step.waitingFor !== 'none';

/** The steps in the commits, each as the last commit left it. */
export function stepsIn(records: readonly CommitRecord[]): ReadonlyMap<number, Step> {
  const steps = new Map<number, Step>();
  for (const { created, changed } of records) {
    for (const step of created) steps.set(step.call, step);
    for (const step of changed) steps.set(step.call, step);
  }
  return steps;
}

/**
 * The effect of the commits on the calls that wait for a name: the calls that joined since it was
 * last resolved, and whether it was resolved.
 */
export function waitersIn(
  records: readonly CommitRecord[],
  name: string,
): { readonly resolved: boolean; readonly joined: readonly number[] } {
  let resolved = false;
  let joined: number[] = [];
  for (const record of records) {
    joined.push(...record.edges.filter(({ parent }) => parent === name).map(({ child }) => child));
    if (!record.resolvedNames.includes(name)) continue;
    resolved = true;
    joined = [];
  }
  return { resolved, joined };
}

/** The calls above `after` in ascending order, without duplicates, at most `limit`. */
export const firstCallsAfter = (
  calls: Iterable<number>,
  after: number,
  limit: number,
): readonly number[] =>
  [...new Set(calls)]
    .filter((call) => call > after)
    .sort((a, b) => a - b)
    .slice(0, limit);
