/**
 * Handles timers that fire. A timer is stale if another one was set after it: its generation is
 * then not the last one.
 *
 * @module
 */
import type { RunHead, RunInfo } from '../../model/run.ts';
import { RUN_TIMEOUT_ERROR, runLimitMessage } from '../../model/run-limit.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Timer } from '../../ports/tasks.ts';
import { endSleep } from '../logic/sleeps.ts';
import { onLimitTimer } from '../steps/limits.ts';
import { takeRetryBatch } from '../steps/retry-batches.ts';
import { tryLaunch } from '../steps/scheduling.ts';
import { isRefused, lastAttempt } from '../turn/attempts.ts';
import { launchGroupAgain } from '../turn/launch.ts';
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
    case 'launch':
      return repeatLaunch(turn, subject, generation);
    case 'lease':
      return launchWaitingStep(turn, subject, generation, 'lease');
    case 'limit':
      return onLimitTimer(turn, generation);
    case 'runLimit':
      if (generation !== head.generation || head.abortOutcome !== null) return;
      head.abortOutcome = {
        status: 'failed',
        error: {
          name: RUN_TIMEOUT_ERROR,
          message: runLimitMessage(turn.info.declaration.timeoutSeconds ?? 0),
          class: 'HeadraceError',
        },
      };
      return;
    case 'sweep':
      // A stale timer already has a successor, so a run has one chain of sweeps.
      if (generation !== head.sweepCount) return;
      scheduleSweep(turn);
      return sweep(turn, false);
  }
}

/** Sets the timer of the next sweep. */
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

/** Launches a step whose backoff is over, and the steps of its retry batch. */
async function launchRetryBatch(turn: Turn, call: number, generation: number): Promise<void> {
  const others = takeRetryBatch(turn.head, call, generation);
  await turn.load([call, ...others]);
  await launchWaitingStep(turn, call, generation, 'backoff');
  for (const other of others)
    await launchWaitingStep(turn, other, (await turn.step(other))?.timerGeneration ?? 0, 'backoff');
}

/** Launches a group again whose launch was refused. */
async function repeatLaunch(turn: Turn, call: number, generation: number): Promise<void> {
  const step = await turn.step(call);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined || turn.head.status !== 'running') return;
  if (step.timerGeneration === generation && isRefused(step))
    await launchGroupAgain(turn, attempt.job.name);
}

/** Launches a step whose backoff is over, or checks its lease again. */
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
