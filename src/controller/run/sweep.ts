/**
 * The sweep: a check of a run that detects and repairs lost messages (rule 4).
 *
 * It reads every unfinished step. It runs every few minutes, and when an engine adopts a run of a
 * crashed engine.
 *
 * 1. A job that its engine did not start before the crash is launched again. Nothing was executed,
 *    so this is not a failure.
 * 2. A job counts as lost when it has been missing for a while: until then, its last message may
 *    still arrive. A result that its runner left in the object store counts as if it had been sent.
 *    That a job was lost is sent as a transition, behind all that its runner sent: a sweep that is
 *    delivered again, minutes later, overtakes them.
 * 3. A step that waits in its queue for some minutes is recorded with the reason, if one is known. A
 *    step that waits for too long fails, unless its queue makes progress: another step of its
 *    component runs in the same queue.
 * 4. A retry or the end of a sleep whose timer never fired is repaired some time after it was due.
 *    If the timer fires later, it is stale.
 *
 * @module
 */
import { isChildJob } from '../../model/child-run-ids.ts';
import type { JobIndex } from '../../model/ids.ts';
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import type { Step } from '../../model/step.ts';
import { truncate } from '../../model/truncate.ts';
import { JobStateUnavailableError } from '../../ports/jobs.ts';
import { callPages } from '../../ports/pages.ts';
import { followChildRun } from '../children/child-run-steps.ts';
import { stopWaitingForAnswer } from '../logic/external-evaluation.ts';
import { endOverdueSleeps } from '../logic/sleeps.ts';
import { renewLimitCheck, renewSlotRequest, requestSlot } from '../steps/limits.ts';
import { stopRepeatingLaunch, tryLaunch } from '../steps/scheduling.ts';
import { recoverResult } from '../steps/stored-result.ts';
import {
  backoffMs,
  completeAttempt,
  isRefused,
  isWaitingToStart,
  lastAttempt,
  withoutWaiting,
  withWaiting,
} from '../turn/attempts.ts';
import { launchGroupAgain } from '../turn/launch.ts';
import type { Turn } from '../turn/turn.ts';
import { QueueCheck } from './queue-check.ts';
import { reasonToStop } from './stop-reason.ts';

/** A job that waits for this time is not just starting: Fargate takes a minute, a new machine few. */
const WAITS_LONG_MS = 5 * 60_000;
/** Steps that are read at once. Each may have megabytes of artifacts. */
const PAGE_SIZE = 100;

/**
 * @param unknownJobsLost the engine that launched the jobs has crashed: an unknown job was lost or
 * never started, and its undelivered messages were sent before
 */
export async function sweep(turn: Turn, unknownJobsLost: boolean): Promise<void> {
  stopWaitingForAnswer(turn);
  endOverdueSleeps(turn);
  renewLimitCheck(turn);
  const { tasks } = turn.context;
  const queueCheck = new QueueCheck(turn);
  const launchedAgain = new Set<string>();
  for await (const page of callPages(
    (after, limit) => tasks.unfinishedCalls(turn.id, after, limit),
    { limit: PAGE_SIZE },
  )) {
    await turn.load(page);
    for (const call of page) {
      const step = await turn.requireStep(call);
      queueCheck.add(step);
      await sweepStep(turn, step, unknownJobsLost, launchedAgain);
    }
    turn.forgetUnchanged();
  }
  await queueCheck.failOverdueSteps();
}

/** @param launchedAgain names of the groups that this sweep has launched again */
async function sweepStep(
  turn: Turn,
  step: Step,
  unknownJobsLost: boolean,
  launchedAgain: Set<string>,
): Promise<void> {
  if (step.waitingFor === 'lease') return tryLaunch(turn, step.call);
  if (step.waitingFor === 'limit') return renewSlotRequest(turn, step);
  if (step.status === 'pending' && step.waitingFor === 'none') return tryLaunch(turn, step.call);
  const attempt = lastAttempt(step);
  if (step.status === 'pending' && step.waitingFor === 'backoff' && isBackoffOverdue(turn, step)) {
    turn.put({ ...step, waitingFor: 'none' });
    return tryLaunch(turn, step.call);
  }
  if (attempt === undefined || (step.status !== 'queued' && step.status !== 'running')) return;
  const state = await stateOf(turn, attempt.job);
  if (state === undefined) return;
  if (state !== 'unknown' && isChildJob(attempt.job.name)) return followChildRun(turn, step);
  if (state === 'unknown' && isRefused(step)) {
    if (turn.head.status !== 'running' || launchedAgain.has(attempt.job.name)) return;
    launchedAgain.add(attempt.job.name);
    return launchGroupAgain(turn, attempt.job.name);
  }
  if (state === 'waiting' || state === 'running') {
    if (turn.head.status === 'aborting')
      turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, reasonToStop(turn)));
    if (step.jobMissingSince !== 0) turn.put({ ...step, jobMissingSince: 0 });
    if (state === 'waiting') await recordWaiting(turn, await turn.requireStep(step.call));
    return;
  }
  if (
    unknownJobsLost &&
    state === 'unknown' &&
    attempt.owner === undefined &&
    turn.head.abortOutcome === null &&
    turn.head.abortReason === null
  ) {
    // While no process moved the run, another one may have freed its slot.
    if (step.slot !== undefined) {
      const reason = 'its engine ended before it started';
      const at = turn.context.clock.now();
      const aborted = completeAttempt(step, { status: 'aborted', at, reason });
      return requestSlot(turn, { ...aborted, status: 'pending' }, step.slot);
    }
    turn.put({ ...step, attempts: step.attempts.slice(0, -1) });
    return turn.enqueueLaunch(step.call);
  }
  const now = turn.context.clock.now();
  if (
    !unknownJobsLost &&
    (step.jobMissingSince === 0 || now - step.jobMissingSince < turn.context.settings.lostAfterMs)
  ) {
    if (step.jobMissingSince === 0) turn.put({ ...step, jobMissingSince: now });
    return;
  }
  const rejectedResult = await recoverResult(turn, step);
  const { status } = await turn.requireStep(step.call);
  if (status !== 'queued' && status !== 'running') return;
  const job = attempt.owner ?? `${attempt.job.name}:${attempt.job.index}`;
  const reason =
    rejectedResult === undefined
      ? 'its job disappeared without reporting a result'
      : `left a result that was rejected: ${rejectedResult}`;
  turn.send([
    {
      kind: 'job.ended',
      run: turn.id,
      call: step.call,
      attempt: attempt.number,
      job,
      exitCode: null,
      signal: null,
      fault: rejectedResult === undefined ? 'infrastructure' : 'step',
      reason: truncate(reason, MAX_REASON_LENGTH),
      at: now,
    },
  ]);
}

/** The state of the job; undefined if it is not available: the next sweep checks the job. */
async function stateOf(turn: Turn, job: JobIndex) {
  try {
    return await turn.context.jobs.state(job);
  } catch (error) {
    if (!(error instanceof JobStateUnavailableError)) throw error;
    return undefined;
  }
}

/** Records why a step waits in its queue (3). */
async function recordWaiting(turn: Turn, step: Step): Promise<void> {
  const { jobs, clock } = turn.context;
  const attempt = lastAttempt(step);
  if (attempt === undefined || !isWaitingToStart(step)) return;
  const now = clock.now();
  const reason =
    now - attempt.queuedAt < WAITS_LONG_MS
      ? undefined
      : await jobs.waitingReason?.(attempt.job, attempt.queuedAt);
  if (reason === undefined) {
    // The job exists, so its launch is no longer refused.
    if (isRefused(step)) turn.put(withoutWaiting(stopRepeatingLaunch(turn, step)));
    return;
  }
  const waiting = withWaiting(step, {
    for: 'queue',
    reason: truncate(reason, MAX_REASON_LENGTH),
    at: now,
  });
  if (waiting !== undefined) {
    stopRepeatingLaunch(turn, step);
    turn.put(waiting);
  }
}

/** The backoff ended so long ago that its timer must have been lost (4). */
function isBackoffOverdue(turn: Turn, step: Step): boolean {
  const { maxRetryBatchDelayMs, lostAfterMs } = turn.context.settings;
  const dueAt =
    (lastAttempt(step)?.endedAt ?? 0) +
    backoffMs(step, turn.declaration(step)) +
    maxRetryBatchDelayMs;
  return turn.context.clock.now() - dueAt > lostAfterMs;
}
