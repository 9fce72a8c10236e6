/**
 * The lifecycle of a run: start, completion, abort.
 *
 * 1. A run completes when its logic has returned or thrown and each step's completion is recorded,
 *    or when it is being aborted and each step's completion is recorded.
 * 2. A run that is active for too long fails: its objects expire by their age.
 * 3. A run whose steps can make no progress fails, with an error that names what they wait for.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { msToDays } from '../../model/retention.ts';
import { isTerminalRun } from '../../model/run.ts';
import { runFacts } from '../../model/run-facts.ts';
import { RUN_TIMEOUT_ERROR } from '../../model/run-limit.ts';
import type { Step } from '../../model/step.ts';
import { callPages } from '../../ports/pages.ts';
import { hasEvaluationWork } from '../logic/evaluation.ts';
import { stopWaitingForAnswer } from '../logic/external-evaluation.ts';
import { stopAwaitingSignals } from '../logic/signals.ts';
import { abortStep } from '../steps/job-messages.ts';
import { stopLimitCheck } from '../steps/limits.ts';
import { failPermanently, stopRepeatingLaunch } from '../steps/scheduling.ts';
import { stopWaitingForLease } from '../steps/step-cache.ts';
import { recordCompletion } from '../steps/step-completion.ts';
import { isRefused, lastAttempt } from '../turn/attempts.ts';
import { commitAndLaunch } from '../turn/launch.ts';
import type { Turn } from '../turn/turn.ts';
import { errorOfLogic, unhandledFailuresError } from './run-error.ts';
import { reasonToStop } from './stop-reason.ts';
import { scheduleSweep } from './timers.ts';

/** Steps that are read at once. Each may have megabytes of artifacts. */
const PAGE_SIZE = 100;

export function startRun(turn: Turn): void {
  const { head, context, info } = turn;
  if (head.status !== 'queued') return;
  const now = context.clock.now();
  setRunStatus(turn, 'running');
  head.startedAt = now;
  head.evaluationDue = true;
  const { timeoutSeconds } = info.declaration;
  if (timeoutSeconds !== undefined)
    turn.setTimer({
      kind: 'runLimit',
      subject: 0,
      generation: head.generation,
      at: now + timeoutSeconds * 1000,
    });
  scheduleSweep(turn);
}

export function setRunStatus(
  turn: Turn,
  status: Turn['head']['status'],
  at = turn.context.clock.now(),
): void {
  turn.head.status = status;
  turn.markHeadChanged();
  turn.publish({
    kind: 'run',
    run: turn.id,
    status,
    facts: runFacts(turn),
    at,
  });
}

export const abortedError = (reason: string): ErrorRecord => ({
  name: 'RunAbortedError',
  message: `the run was aborted: ${reason}`,
});

/** An abort was decided, and its steps are not being stopped yet. */
export const mustStop = ({ head }: Turn): boolean =>
  head.status !== 'aborting' &&
  !isTerminalRun(head.status) &&
  (head.abortOutcome !== null || head.abortReason !== null);

/**
 * Decides to end a run that is active for too long. Every turn checks it, and a sweep starts a turn
 * even if nothing else happens.
 */
export function endOverdueRun({ head, info, context }: Turn): void {
  const { maxActiveMs } = context.settings;
  if (isTerminalRun(head.status) || context.clock.now() - info.createdAt < maxActiveMs) return;
  head.abortOutcome ??= { status: 'failed', error: overdueError(maxActiveMs) };
}

const overdueError = (maxActiveMs: number): ErrorRecord => ({
  name: RUN_TIMEOUT_ERROR,
  class: 'HeadraceError',
  message: `the run was active for ${msToDays(maxActiveMs)} days, the longest time in its deployment (retention.activeDays): \`headrace runs rerun\` with --from makes a new run, which adopts the completed steps`,
});

/** Starts the abort of the run: waiting steps are aborted at once, running jobs are terminated. */
export async function stopRun(turn: Turn, isFull: () => boolean): Promise<void> {
  const { head } = turn;
  head.abortOutcome ??= {
    status: 'aborted',
    error: abortedError(head.abortReason ?? 'no reason given'),
  };
  const reason = reasonToStop(turn);
  setRunStatus(turn, 'aborting');
  turn.ready.length = 0;
  turn.slotRequests.clear();
  await stopSteps(turn, reason, isFull);
}

/**
 * Stops all unfinished steps. Repeating it is harmless. The jobs of the first page are terminated
 * before further pages are read: one request may terminate a whole array.
 */
export async function stopSteps(turn: Turn, reason: string, isFull: () => boolean): Promise<void> {
  const { tasks } = turn.context;
  let pages = 0;
  for await (const page of callPages(
    (after, limit) => tasks.unfinishedCalls(turn.id, after, limit),
    { limit: PAGE_SIZE },
  )) {
    pages += 1;
    if (pages === 2 || isFull()) {
      await commitAndLaunch(turn);
      turn.markHeadChanged();
    }
    await turn.load(page);
    for (const call of page) await stopStep(turn, await turn.requireStep(call), reason);
    turn.forgetUnchanged();
  }
}

async function stopStep(turn: Turn, step: Step, reason: string): Promise<void> {
  const attempt = lastAttempt(step);
  if ((step.status === 'queued' || step.status === 'running') && attempt !== undefined) {
    const { jobs, clock } = turn.context;
    if (jobs.reportsTermination(step.queue)) {
      turn.afterCommit(() => jobs.terminate(attempt.job, reason));
      // No job will report its end.
      if (isRefused(step))
        await abortStep(turn, stopRepeatingLaunch(turn, step), clock.now(), reason);
      return;
    }
    // Terminated first: the run may end with this commit, and is then not continued after a crash.
    await jobs.terminate(attempt.job, reason);
    const stopped = isRefused(step) ? stopRepeatingLaunch(turn, step) : step;
    return abortStep(turn, stopped, clock.now(), reason);
  }
  await stopWaitingForLease(turn, step);
  if (step.waitingFor === 'backoff') turn.clearTimer('retry', step.call);
  if (step.waitingFor === 'lease') turn.clearTimer('lease', step.call);
  if (step.waitingFor === 'postExecute') await recordCompletion(turn, step);
  else if (step.status === 'failed') await failPermanently(turn, step);
  else if (step.status === 'pending')
    await abortStep(turn, { ...step, waitingFor: 'none' }, turn.context.clock.now(), reason);
}

/** Completes the run if nothing is left to do (1). */
export async function completeRunIfFinished(turn: Turn): Promise<void> {
  const { head } = turn;
  if (isTerminalRun(head.status) || head.status === 'queued') return;
  if (head.status === 'aborting') {
    if (head.unfinishedSteps === 0 && head.abortOutcome !== null)
      completeRun(turn, head.abortOutcome.status, head.abortOutcome.error);
    return;
  }
  if (hasEvaluationWork(turn) || head.countedEvents < head.eventCount) return;
  if (head.unfinishedSteps === 0 && head.logicState !== 'running') {
    const failed = head.logicState === 'threw' || head.unhandledFailures > 0;
    completeRun(turn, failed ? 'failed' : 'completed', await runError(turn, failed));
  }
}

async function runError(turn: Turn, failed: boolean): Promise<ErrorRecord | null> {
  const { error } = turn.head;
  if (error !== null) return await errorOfLogic(turn, error);
  return failed ? await unhandledFailuresError(turn) : null;
}

function completeRun(
  turn: Turn,
  status: 'completed' | 'failed' | 'aborted',
  error: ErrorRecord | null,
): void {
  const { head, context } = turn;
  head.error = error;
  if (status !== 'completed') head.result = null;
  const endedAt = context.clock.now();
  head.endedAt = endedAt;
  head.evaluationDue = false;
  head.answerPaging = false;
  stopWaitingForAnswer(turn);
  stopAwaitingSignals(turn);
  stopLimitCheck(turn);
  setRunStatus(turn, status, endedAt);
  turn.clearTimer('runLimit', 0);
  turn.clearTimer('sweep', 0);
  for (let sleep = head.endedSleepsBelow; sleep < head.sleepCount; sleep += 1)
    if (!head.endedSleeps.includes(sleep)) turn.clearTimer('sleep', sleep);
  turn.afterCommit(async () => context.evaluator.drop(turn.id));
}

/** No step can make progress: the unfinished ones wait for parents that never complete (3). */
export const isStuck = (turn: Turn): boolean => !hasEvaluationWork(turn) && isIdle(turn);

const isIdle = ({ head }: Turn): boolean =>
  head.status === 'running' &&
  head.unfinishedSteps > 0 &&
  head.activeSteps === 0 &&
  ((head.pendingSleepCount === 0 && (head.signals?.awaited.length ?? 0) === 0) ||
    head.logicState !== 'running');

export async function failStuckRun(turn: Turn): Promise<void> {
  const page = await turn.context.tasks.unfinishedCalls(turn.id, -1, PAGE_SIZE);
  await turn.load(page);
  const steps = await Promise.all(page.map((call) => turn.requireStep(call)));
  const waiting = steps.filter((step) => step.missingParents.length > 0);
  const missingParentTexts = waiting.map(
    (step) =>
      `${step.name} waits for ${step.missingParents.map((name) => `"${name}"`).join(', ')}, which is not the name of any call`,
  );
  const cycle = `${steps
    .map((step) => step.name)
    .slice(0, 10)
    .join(', ')} wait for each other`;
  const message =
    missingParentTexts.length > 0 ? missingParentTexts.slice(0, 10).join('; ') : cycle;
  turn.head.abortOutcome = {
    status: 'failed',
    error: {
      name: 'ParentsError',
      message: `explicit parents can never be met: ${message}. Check the option "parents"`,
    },
  };
}
