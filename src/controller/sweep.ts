/**
 * The sweep: finds what nobody told (rule 4). It costs a look at every unfinished step, and comes every few minutes, or when a run is taken over from a dead engine.
 *
 * 1. A job that its engine died before starting is launched anew: nothing of it was executed, so it is no failure.
 * 2. A job that is not to be found for a while is gone: its last word may be on its way; a result that its runner left in the store counts as if it had been sent.
 * 3. A retry, and a sleep's end, whose timer never fired comes some time after it was due; a timer that fires later finds that it is over.
 *
 * @module
 */
import { finishedSchema } from '../model/spec.ts';
import type { Step } from '../model/step.ts';
import { ObjectMissingError } from '../ports/objects.ts';
import { backoff, lastAttempt } from './attempts.ts';
import { proceed } from './launching.ts';
import { stopWaitingForAnswer } from './outside.ts';
import { onFinished, onJobEnded } from './progress.ts';
import { wakeOverdue } from './sleeps.ts';
import { outputPrefix } from './specs.ts';
import type { Turn } from './turn.ts';

const PAGE = 500;

/** `certain`: a job that is not known is gone at once, or was never there, because the engine that launched it is dead. What it left was told before. */
export async function sweep(turn: Turn, certain: boolean): Promise<void> {
  stopWaitingForAnswer(turn);
  wakeOverdue(turn);
  for (let after = -1; ; ) {
    const page = await turn.context.tasks.unfinishedCalls(turn.id, after, PAGE);
    await turn.load(page);
    for (const call of page) await sweepStep(turn, await turn.known(call), certain);
    if (page.length < PAGE) return;
    after = page.at(-1) ?? after;
  }
}

async function sweepStep(turn: Turn, step: Step, certain: boolean): Promise<void> {
  if (step.waitingFor === 'lease') return proceed(turn, step.call);
  if (step.status === 'pending' && step.waitingFor === 'none') return proceed(turn, step.call);
  const attempt = lastAttempt(step);
  if (step.status === 'pending' && step.waitingFor === 'backoff' && isOverdue(turn, step)) {
    turn.put({ ...step, waitingFor: 'none' });
    return proceed(turn, step.call);
  }
  if (attempt === undefined || (step.status !== 'queued' && step.status !== 'running')) return;
  const state = await turn.context.jobs.state(attempt.job);
  if (state === 'waiting' || state === 'running') {
    if (turn.head.status === 'aborting') turn.afterwards(() => turn.context.jobs.terminate(attempt.job, 'the run is being aborted'));
    if (step.jobMissingSince !== 0) turn.put({ ...step, jobMissingSince: 0 });
    return;
  }
  if (certain && state === 'unknown' && attempt.owner === undefined && turn.head.abortOutcome === null && turn.head.abortReason === null) {
    turn.put({ ...step, attempts: step.attempts.slice(0, -1) });
    return turn.launch(step.call);
  }
  const now = turn.context.clock.now();
  if (!certain && (step.jobMissingSince === 0 || now - step.jobMissingSince < turn.context.settings.lostAfter)) {
    if (step.jobMissingSince === 0) turn.put({ ...step, jobMissingSince: now });
    return;
  }
  if (await foundResult(turn, step)) return;
  const job = attempt.owner ?? `${attempt.job.name}:${attempt.job.index}`;
  const reason = 'its job vanished without a word';
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
function isOverdue(turn: Turn, step: Step): boolean {
  const { retryTogether, lostAfter } = turn.context.settings;
  const due = (lastAttempt(step)?.endedAt ?? 0) + backoff(step, turn.declaration(step)) + retryTogether;
  return turn.context.clock.now() - due > lostAfter;
}

/** The runner could not send its result, and left it in the store. */
async function foundResult(turn: Turn, step: Step): Promise<boolean> {
  const attempt = lastAttempt(step);
  if (attempt?.owner === undefined) return false;
  try {
    const bytes = await turn.context.objects.get(`${outputPrefix(turn, step, attempt.number)}/${attempt.owner}/result.json`);
    const message = finishedSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    if (!message.success) return false;
    await onFinished(turn, message.data);
    const after = await turn.known(step.call);
    return after.status !== 'queued' && after.status !== 'running';
  } catch (error) {
    if (error instanceof ObjectMissingError || error instanceof SyntaxError) return false;
    throw error;
  }
}
