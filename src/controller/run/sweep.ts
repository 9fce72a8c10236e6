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
 * 3. A retry or the end of a sleep whose timer never fired is repaired some time after it was due.
 *    If the timer fires later, it is stale.
 *
 * @module
 */
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import { outputPrefix } from '../../model/object-layout.ts';
import type { Step } from '../../model/step.ts';
import { truncate } from '../../model/truncate.ts';
import { callPages } from '../../ports/pages.ts';
import { readStoredResult } from '../../ports/stored-messages.ts';
import { stopWaitingForAnswer } from '../logic/external-evaluation.ts';
import { endOverdueSleeps } from '../logic/sleeps.ts';
import { onFinished } from '../steps/job-messages.ts';
import { tryLaunch } from '../steps/scheduling.ts';
import { backoffMs, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';

/** Steps that are read at once. Each may have megabytes of artifacts. */
const PAGE_SIZE = 100;

/**
 * @param unknownJobsLost the engine that launched the jobs has crashed: an unknown job was lost or
 * never started, and its undelivered messages were sent before
 */
export async function sweep(turn: Turn, unknownJobsLost: boolean): Promise<void> {
  stopWaitingForAnswer(turn);
  endOverdueSleeps(turn);
  const { tasks } = turn.context;
  for await (const page of callPages(
    (after, limit) => tasks.unfinishedCalls(turn.id, after, limit),
    { limit: PAGE_SIZE },
  )) {
    await turn.load(page);
    for (const call of page) await sweepStep(turn, await turn.requireStep(call), unknownJobsLost);
    turn.forgetUnchanged();
  }
}

async function sweepStep(turn: Turn, step: Step, unknownJobsLost: boolean): Promise<void> {
  if (step.waitingFor === 'lease') return tryLaunch(turn, step.call);
  if (step.status === 'pending' && step.waitingFor === 'none') return tryLaunch(turn, step.call);
  const attempt = lastAttempt(step);
  if (step.status === 'pending' && step.waitingFor === 'backoff' && isBackoffOverdue(turn, step)) {
    turn.put({ ...step, waitingFor: 'none' });
    return tryLaunch(turn, step.call);
  }
  if (attempt === undefined || (step.status !== 'queued' && step.status !== 'running')) return;
  const state = await turn.context.jobs.state(attempt.job);
  if (state === 'waiting' || state === 'running') {
    if (turn.head.status === 'aborting')
      turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, 'the run is being aborted'));
    if (step.jobMissingSince !== 0) turn.put({ ...step, jobMissingSince: 0 });
    return;
  }
  if (
    unknownJobsLost &&
    state === 'unknown' &&
    attempt.owner === undefined &&
    turn.head.abortOutcome === null &&
    turn.head.abortReason === null
  ) {
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

/** The backoff ended so long ago that its timer must have been lost (3). */
function isBackoffOverdue(turn: Turn, step: Step): boolean {
  const { maxRetryBatchDelayMs, lostAfterMs } = turn.context.settings;
  const dueAt =
    (lastAttempt(step)?.endedAt ?? 0) +
    backoffMs(step, turn.declaration(step)) +
    maxRetryBatchDelayMs;
  return turn.context.clock.now() - dueAt > lostAfterMs;
}

/**
 * Handles the result that the runner left in the object store (2), if there is one. Returns why it
 * was rejected, if it was.
 */
async function recoverResult(turn: Turn, step: Step): Promise<string | undefined> {
  const attempt = lastAttempt(step);
  if (attempt?.owner === undefined) return undefined;
  const { result, rejectedResult } = await readStoredResult(
    turn.context.objects,
    outputPrefix(turn.info, step.call, attempt.number),
    attempt.owner,
  );
  const { number, owner } = attempt;
  if (result !== undefined)
    await onFinished(turn, { ...result, call: step.call, attempt: number, job: owner });
  return rejectedResult;
}
