/**
 * What is known of a run beside its items: the head at the last checkpoint, and the commits since then, which the items do not hold yet.
 *
 * 1. A look-up asks the commits first, the newest first, then the items: the answer is the run's at `head.revision`.
 * 2. There are few commits: a checkpoint follows soon, so nothing here grows with the run.
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
  /** What the last commit sets: those of the commits before it were set before it was decided. */
  readonly lastTimers: readonly Timer[];
  /** Up to this revision, this process knows that timers were set. */
  readonly timersSetUpTo: number;
}

/** Work is left at the step, or its end is not told yet. */
export const isUnfinished = (step: Step): boolean =>
  !isTerminalStep(step.status) || step.waitingFor !== 'none';

/** The steps that the commits hold, as the last of them left each. */
export function stepsIn(records: readonly CommitRecord[]): ReadonlyMap<number, Step> {
  const steps = new Map<number, Step>();
  for (const { created, changed } of records) {
    for (const step of created) steps.set(step.call, step);
    for (const step of changed) steps.set(step.call, step);
  }
  return steps;
}

/** What the commits did to the calls that wait for a name: those that joined since it was last answered, and whether it was answered. */
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

/** Ascending, each once, above `after`, at most `limit`. */
export const pageOf = (calls: Iterable<number>, after: number, limit: number): readonly number[] =>
  [...new Set(calls)]
    .filter((call) => call > after)
    .sort((a, b) => a - b)
    .slice(0, limit);
