/**
 * Groups whose launch was refused.
 *
 * 1. A refusal that may pass (missing permissions, a queue that is being updated, throttling)
 *    leaves the steps queued, with the reason. The group is launched again after a delay that grows
 *    with the time since it was queued. Other work of the run is not affected.
 * 2. A launch is given up when the steps have waited for the longest time in the queue. A refusal
 *    of the request itself fails them at once.
 * 3. One timer repeats the launch of a group: that of its first step that still waits. If the timer
 *    is lost, the sweep launches the group. A launch of a group whose job exists does nothing, so a
 *    second firing is harmless.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import type { Step } from '../../model/step.ts';
import { truncate } from '../../model/truncate.ts';
import type { JobGroup, LaunchRefusal } from '../../ports/jobs.ts';
import {
  completeAttempt,
  isRefused,
  isWaitingToStart,
  lastAttempt,
  withoutWaiting,
  withWaiting,
} from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';
import { abortStep } from './job-messages.ts';
import { failInQueue, isQueueTimeoutOver } from './queue-timeout.ts';
import { handleFailure, stopRepeatingLaunch } from './scheduling.ts';

const MIN_DELAY_MS = 2000;
/** Permissions of a new role are effective after seconds to minutes. */
const MAX_DELAY_MS = 120_000;

/** Records the refusal with the steps of the group that wait. */
export async function recordRefusal(
  turn: Turn,
  group: JobGroup,
  refusal: LaunchRefusal,
): Promise<void> {
  const now = turn.context.clock.now();
  const reason = truncate(refusal.reason, MAX_REASON_LENGTH);
  const steps = await waitingSteps(turn, group);
  const [first] = steps;
  if (first === undefined) return;
  if (!refusal.permanent && lastAttempt(first)?.waiting?.reason !== reason)
    turn.warn(`step ${first.name} ${reason}: the launch is repeated`);
  for (const waiting of steps) {
    const step = stopRepeatingLaunch(turn, waiting);
    if (turn.head.status === 'aborting') await abortStep(turn, step, now, reason);
    else if (refusal.permanent) await failLaunch(turn, step, reason, refusal.error);
    else if (isQueueTimeoutOver(turn, step)) await failInQueue(turn, step, reason);
    else recordWaiting(turn, step, reason);
  }
  const leader = await turn.requireStep(first.call);
  if (!isWaitingToStart(leader)) return;
  const { timerGeneration } = turn.put({
    ...leader,
    timerGeneration: leader.timerGeneration + 1,
  });
  const elapsedMs = now - (lastAttempt(leader)?.queuedAt ?? now);
  turn.setTimer({
    kind: 'launch',
    subject: leader.call,
    generation: timerGeneration,
    at: now + Math.min(MAX_DELAY_MS, Math.max(MIN_DELAY_MS, elapsedMs)),
  });
}

/** The group was launched. */
export async function clearRefusal(turn: Turn, group: JobGroup): Promise<void> {
  for (const step of await waitingSteps(turn, group))
    if (isRefused(step)) turn.put(withoutWaiting(stopRepeatingLaunch(turn, step)));
}

/** Another step of the group repeats the launch in place of this one, which is cancelled. */
export async function leaveRefusedGroup(turn: Turn, step: Step): Promise<void> {
  stopRepeatingLaunch(turn, step);
  const name = lastAttempt(step)?.job.name ?? '';
  const { members = [] } = (await turn.context.tasks.group(turn.id, name)) ?? {};
  const calls = members.map(({ call }) => call).filter((call) => call !== step.call);
  await turn.load(calls);
  for (const call of calls) {
    const other = await turn.requireStep(call);
    if (!isRefused(other) || lastAttempt(other)?.job.name !== name) continue;
    const generation = other.timerGeneration + 1;
    turn.put({ ...other, timerGeneration: generation });
    const at = turn.context.clock.now() + MIN_DELAY_MS;
    turn.setTimer({ kind: 'launch', subject: call, generation, at });
    return;
  }
}

function recordWaiting(turn: Turn, step: Step, reason: string): void {
  const waiting = withWaiting(step, { for: 'launch', reason, at: turn.context.clock.now() });
  if (waiting !== undefined) turn.put(waiting);
}

async function failLaunch(
  turn: Turn,
  step: Step,
  reason: string,
  error: ErrorRecord = { name: 'StepCrashedError', message: `step ${step.name} ${reason}` },
): Promise<void> {
  const at = turn.context.clock.now();
  await handleFailure(turn, completeAttempt(step, { status: 'failed', at, reason, error }));
}

async function waitingSteps(turn: Turn, { name, specs }: JobGroup): Promise<readonly Step[]> {
  const calls = specs.map(({ call }) => call);
  await turn.load(calls);
  const steps = await Promise.all(calls.map((call) => turn.requireStep(call)));
  return steps.filter((step) => isWaitingToStart(step) && lastAttempt(step)?.job.name === name);
}
