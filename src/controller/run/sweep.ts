/**
 * The sweep: finds what nobody told (rule 4). It costs a look at every unfinished step, and comes every few minutes, or when a run is taken over from a dead engine.
 *
 * 1. A job that its engine died before starting is launched anew: nothing of it was executed, so it is no failure.
 * 2. A job that is not to be found for a while is gone: its last word may be on its way; a result that its runner left in the store counts as if it had been sent.
 * 3. A retry, and a sleep's end, whose timer never fired comes some time after it was due; a timer that fires later finds that it is over.
 *
 * @module
 */
import { outputPrefix, resultKey } from '../../model/object-layout.ts';
import { finishedSchema } from '../../model/spec.ts';
import type { Step } from '../../model/step.ts';
import { ObjectMissingError } from '../../ports/objects.ts';
import { callPages } from '../../ports/pages.ts';
import { stopWaitingForAnswer } from '../logic/external-evaluation.ts';
import { endOverdueSleeps } from '../logic/sleeps.ts';
import { onFinished, onJobEnded } from '../steps/job-messages.ts';
import { tryLaunch } from '../steps/scheduling.ts';
import { backoffMs, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';

const PAGE_SIZE = 500;

/** `certain`: a job that is not known is gone at once, or was never there, because the engine that launched it is dead. What it left was told before. */
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
  if (await recoverResult(turn, step)) return;
  const job = attempt.owner ?? `${attempt.job.name}:${attempt.job.index}`;
  const reason = 'its job disappeared without reporting a result';
  await onJobEnded(turn, {
    kind: 'job.ended',
    run: turn.id,
    call: step.call,
    attempt: attempt.number,
    job,
    exitCode: null,
    signal: null,
    fault: 'infrastructure',
    reason,
    at: now,
  });
}

/** Its backoff is over for so long that its timer must have been lost. */
function isBackoffOverdue(turn: Turn, step: Step): boolean {
  const { maxRetryBatchDelayMs, lostAfterMs } = turn.context.settings;
  const dueAt =
    (lastAttempt(step)?.endedAt ?? 0) +
    backoffMs(step, turn.declaration(step)) +
    maxRetryBatchDelayMs;
  return turn.context.clock.now() - dueAt > lostAfterMs;
}

/** The runner could not send its result, and left it in the store. */
async function recoverResult(turn: Turn, step: Step): Promise<boolean> {
  const attempt = lastAttempt(step);
  if (attempt?.owner === undefined) return false;
  try {
    const bytes = await turn.context.objects.get(
      resultKey(outputPrefix(turn.info, step.call, attempt.number), attempt.owner),
    );
    const message = finishedSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (!message.success) return false;
    await onFinished(turn, message.data);
    const after = await turn.requireStep(step.call);
    return after.status !== 'queued' && after.status !== 'running';
  } catch (error) {
    if (error instanceof ObjectMissingError || error instanceof SyntaxError) return false;
    throw error;
  }
}
