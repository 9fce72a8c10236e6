/**
 * What timers that fire mean. A timer whose generation is not the last one set is stale.
 *
 * @module
 */
import type { RunHead, RunInfo } from '../../model/run.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Timer } from '../../ports/tasks.ts';
import { endSleep } from '../logic/sleeps.ts';
import { takeRetryBatch } from '../steps/retry-batches.ts';
import { tryLaunch } from '../steps/scheduling.ts';
import type { Turn } from '../turn/turn.ts';
import { sweep } from './sweep.ts';

const MINUTE_MS = 60_000;

export async function onTimer(
  turn: Turn,
  { timer, subject, generation }: TransitionOf<'timer.fired'>,
): Promise<void> {
  const { head } = turn;
  switch (timer) {
    case 'sleep':
      return endSleep(turn, subject, generation);
    case 'retry':
      return launchRetryBatch(turn, subject, generation);
    case 'lease':
      return launchWaitingStep(turn, subject, generation, 'lease');
    case 'runLimit':
      if (generation !== head.generation || head.abortOutcome !== null) return;
      head.abortOutcome = {
        status: 'failed',
        error: {
          name: 'RunTimeoutError',
          message: `the run was over its limit of ${turn.info.declaration.timeoutSeconds} s: raise timeoutSeconds, or make its steps shorter`,
        },
      };
      return;
    case 'sweep':
      // A second firing of one timer, or one from before a resume: its successor is set. So there is one chain of sweeps, however often a firing comes.
      if (generation !== head.sweepCount) return;
      scheduleSweep(turn);
      return sweep(turn, false);
  }
}

/** Every run is looked at now and then for events that never came. */
export function scheduleSweep(turn: Turn): void {
  turn.head.sweepCount += 1;
  turn.setTimer(sweepTimer(turn.info, turn.head, turn.context.clock.now()));
}

export const sweepTimer = (
  { declaration }: Pick<RunInfo, 'declaration'>,
  { sweepCount }: Pick<RunHead, 'sweepCount'>,
  now: number,
): Timer => ({
  kind: 'sweep',
  subject: 0,
  generation: sweepCount,
  at: now + declaration.poolFrequency * MINUTE_MS,
});

/** A step whose backoff is over, and those that waited for its timer. */
async function launchRetryBatch(turn: Turn, call: number, generation: number): Promise<void> {
  const others = takeRetryBatch(turn.head, call, generation);
  await turn.load([call, ...others]);
  await launchWaitingStep(turn, call, generation, 'backoff');
  for (const other of others)
    await launchWaitingStep(turn, other, (await turn.step(other))?.timerGeneration ?? 0, 'backoff');
}

/** A step whose backoff is over, or that looks again who holds its lease. */
async function launchWaitingStep(
  turn: Turn,
  call: number,
  generation: number,
  waiting: 'backoff' | 'lease',
): Promise<void> {
  const step = await turn.step(call);
  if (step === undefined || step.waitingFor !== waiting || step.timerGeneration !== generation)
    return;
  if (waiting === 'backoff') turn.put({ ...step, waitingFor: 'none' });
  await tryLaunch(turn, call);
}

export async function onLeaseEnded(
  turn: Turn,
  { call, key }: TransitionOf<'lease.ended'>,
): Promise<void> {
  const step = await turn.step(call);
  if (step?.waitingFor === 'lease' && step.cacheKey === key) await tryLaunch(turn, call);
}
