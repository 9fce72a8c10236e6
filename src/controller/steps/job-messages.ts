/**
 * Handles the messages of steps and their jobs.
 *
 * 1. A message counts for the attempt that it names, with that attempt's token, from the job that
 *    owns the attempt (rules 3 and 6). Any other message changes nothing.
 * 2. Of a job's `finished` message and its `job.ended` transition, the first one counts. The second
 *    one finds a completed attempt.
 *
 * @module
 */
import type { Report, RunOutputs } from '../../model/artifacts.ts';
import type { ErrorRecord } from '../../model/errors.ts';
import { jobNameParts } from '../../model/ids.ts';
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import { monitoredPoints } from '../../model/monitored-points.ts';
import { stepReportId } from '../../model/run-reports.ts';
import { rejectedOutcome } from '../../model/spec.ts';
import type { Attempt, Step } from '../../model/step.ts';
import type { TransitionOf } from '../../model/transition.ts';
import { truncate } from '../../model/truncate.ts';
import { reasonToStop } from '../run/stop-reason.ts';
import {
  claimAttempt,
  completeAttempt,
  lastAttempt,
  senderOf,
  withLastAttempt,
  withUnpublishedOutputs,
  withWaiting,
} from '../turn/attempts.ts';
import { isSameToken } from '../turn/tokens.ts';
import type { Turn } from '../turn/turn.ts';
import { removeDamagedEntries } from './damaged-results.ts';
import { mergeByName, mergeOutputs } from './merge-outputs.ts';
import { stepOutputExcess } from './output-limits.ts';
import { handleFailure, stopRepeatingLaunch } from './scheduling.ts';
import { completeStep } from './step-completion.ts';

type StepMessage = TransitionOf<'started'> | TransitionOf<'reported'> | TransitionOf<'finished'>;

export const isLive = (step: Step): boolean =>
  step.status === 'queued' || step.status === 'running';

/**
 * The step of a message, with its attempt claimed by the message's job; undefined if the message
 * does not count (1).
 */
async function authenticate(turn: Turn, message: StepMessage): Promise<Step | undefined> {
  const step = await turn.step(message.call);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined) return undefined;
  const named = step.attempts[message.attempt - 1];
  if (named === undefined) {
    turn.context.onRejectedMessage?.(message);
    return undefined;
  }
  if (!hasTokenOf(turn, named, message)) return undefined;
  const sender = senderOf(step, message);
  if (sender === 'duplicate') {
    turn.afterCommit(() =>
      turn.context.jobs.terminate(attempt.job, 'another job owns this attempt', message.job),
    );
    return undefined;
  }
  if (sender === 'stale') {
    stopStaleFunction(turn, step, named, message);
    return undefined;
  }
  if (sender === 'owner') return step;
  return turn.put(
    claimAttempt(
      stopRepeatingLaunch(turn, step),
      message.job,
      message.at,
      message.kind === 'started' ? message.logStream : undefined,
    ),
  );
}

/**
 * A message that starts an attempt was delivered when the attempt had been replaced, or a job of a
 * cancelled step has started: it would run to its end.
 */
function stopStaleFunction(turn: Turn, step: Step, stale: Attempt, message: StepMessage): void {
  const { jobs } = turn.context;
  if (message.kind !== 'started') return;
  const isCancelled = step.cancelled === true && stale.status === 'aborted';
  if (jobs.reportsTermination(step.queue) && !isCancelled) return;
  turn.afterCommit(() =>
    jobs.terminate(stale.job, 'the attempt was replaced or cancelled', message.job),
  );
}

/** Whether the message has the token of this attempt; reports a message that does not. */
export function hasTokenOf(
  turn: Turn,
  attempt: Attempt,
  message: StepMessage | TransitionOf<'redelivered'>,
): boolean {
  const isValid = isSameToken(message.token, turn.context.token(attempt.job.name));
  if (!isValid) turn.context.onRejectedMessage?.(message);
  return isValid;
}

export async function onStarted(turn: Turn, message: TransitionOf<'started'>): Promise<void> {
  const step = await authenticate(turn, message);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined) return;
  // It may arrive after the end of its attempt, whose log can be read from now on.
  const withLog = withLogStream(step, message.logStream);
  if (withLog !== step) turn.put(withLog);
  if (!isLive(step)) return;
  if (turn.head.status === 'aborting')
    turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, reasonToStop(turn)));
}

/** The step with the log of its last attempt; the step itself if the attempt has one. */
const withLogStream = (step: Step, logStream: string | undefined): Step =>
  logStream === undefined || lastAttempt(step)?.logStream !== undefined
    ? step
    : withLastAttempt(step, { logStream });

export async function onReported(turn: Turn, message: TransitionOf<'reported'>): Promise<void> {
  const step = await authenticate(turn, message);
  if (step === undefined) return;
  const { report, sequence, attempt } = message;
  const reported = withReportedOutputs(withPlots(step, report), report);
  const excess =
    reported === step
      ? undefined
      : stepOutputExcess(mergeOutputs(reported.runOutputs ?? NO_OUTPUTS, reported));
  if (excess !== undefined) return rejectReport(turn, step, message, excess);
  turn.addStepReport({
    call: step.call,
    attempt,
    sequence,
    points: report.points,
    texts: report.texts,
    ...(report.plots === undefined ? {} : { plots: report.plots }),
  });
  const monitored = monitoredPoints(turn.declaration(step), report.points);
  if (monitored.length > 0)
    turn.addRunReport({
      id: stepReportId({ call: step.call, generation: generationOf(step), attempt }, sequence),
      points: monitored,
    });
  // A report may arrive after the end of its attempt.
  if (step.status === 'completed') turn.addRunOutputs(report.onRun);
  if (reported !== step) turn.put(isLive(step) ? reported : withUnpublishedOutputs(reported));
}

const NO_OUTPUTS: RunOutputs = { artifacts: [], models: [] };

const hasOutputs = ({ artifacts, models }: RunOutputs): boolean =>
  artifacts.length + models.length > 0;

/** The step with the mark that its last attempt has plots, if the report has some. */
const withPlots = (step: Step, { plots }: Report): Step =>
  plots === undefined || lastAttempt(step)?.hasPlots === true
    ? step
    : withLastAttempt(step, { hasPlots: true });

/** The step with the outputs of a report; the step itself if the report has none. */
function withReportedOutputs(step: Step, report: Report): Step {
  const withOwn = hasOutputs(report) ? { ...step, ...mergeOutputs(step, report) } : step;
  return hasOutputs(report.onRun)
    ? { ...withOwn, runOutputs: mergeOutputs(step.runOutputs ?? NO_OUTPUTS, report.onRun) }
    : withOwn;
}

/** The generation in which the step's last attempt was queued. */
const generationOf = (step: Step): number =>
  jobNameParts(lastAttempt(step)?.job.name ?? '').generation;

/** A report that would exceed a limit fails its attempt, and its job is stopped. */
async function rejectReport(
  turn: Turn,
  step: Step,
  { at, job }: TransitionOf<'reported'>,
  excess: string,
): Promise<void> {
  turn.warn(`a report of step ${step.name} was rejected: ${excess}`);
  const attempt = lastAttempt(step);
  if (attempt === undefined || !isLive(step)) return;
  turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, excess, job));
  return failAttempt(turn, step, at, excess);
}

/** Fails an attempt whose result or report the controller rejects. */
function failAttempt(turn: Turn, step: Step, at: number, reason: string): Promise<void> {
  const outcome = rejectedOutcome(reason);
  return handleFailure(
    turn,
    completeAttempt(step, {
      status: 'failed',
      at,
      reason: outcome.error.message,
      error: outcome.error,
    }),
  );
}

export async function onFinished(turn: Turn, message: TransitionOf<'finished'>): Promise<void> {
  const step = await authenticate(turn, message);
  if (step === undefined || !isLive(step)) return;
  const { outcome, at } = message;
  if (outcome.ok) {
    const artifacts = mergeByName(step.artifacts, outcome.artifacts);
    const problem = resultProblem(turn, { ...step, artifacts }, outcome.values.length);
    if (problem !== undefined) return failAttempt(turn, step, at, problem);
    if (outcome.note !== undefined) turn.warn(outcome.note);
    return completeStep(
      turn,
      turn.put({
        ...completeAttempt(step, { status: 'completed', at, exitCode: 0 }),
        status: 'completed',
        values: outcome.values,
        artifacts,
      }),
    );
  }
  const { error, stopReason, exitCode = 1 } = outcome;
  await removeDamagedEntries(turn, step, error);
  if (turn.head.status === 'aborting' || stopReason === 'abort')
    return abortStep(turn, step, at, reasonToStop(turn));
  const reason = truncate(
    stopReason === undefined ? `${error.name}: ${error.message}` : error.message,
    MAX_REASON_LENGTH,
  );
  return handleFailure(
    turn,
    completeAttempt(step, {
      status: 'failed',
      at,
      reason,
      error,
      exitCode: stopReason === undefined ? exitCode : undefined,
      infrastructure: stopReason === 'reclaimed' ? true : undefined,
    }),
  );
}

/** Why a result cannot be recorded; undefined if it can. */
function resultProblem(turn: Turn, step: Step, valueCount: number): string | undefined {
  const { length: expected } = turn.declaration(step).returnValues;
  if (valueCount !== expected)
    return `it has ${valueCount} values, and the component returns ${expected}`;
  return stepOutputExcess(step);
}

export async function onJobEnded(turn: Turn, event: TransitionOf<'job.ended'>): Promise<void> {
  const recorded = await turn.step(event.call);
  if (recorded === undefined) return;
  const sender = senderOf(recorded, event);
  if (sender === 'duplicate' || sender === 'stale') return;
  const step = withLogStream(recorded, event.logStream);
  if (!isLive(step)) {
    if (step !== recorded) turn.put(step);
    return;
  }
  stopRepeatingLaunch(turn, step);
  const { at, exitCode, signal, reason, fault } = event;
  if (fault === 'abort' || turn.head.status === 'aborting')
    return abortStep(turn, step, at, reason, { exitCode, signal });
  const error: ErrorRecord = {
    ...(fault === 'timeout'
      ? { name: 'StepTimeoutError', message: `the step ${reason}` }
      : { name: 'StepCrashedError', message: `step ${step.name} ${reason}` }),
    class: 'HeadraceError',
  };
  return handleFailure(
    turn,
    completeAttempt(step, {
      status: 'failed',
      at,
      reason,
      error,
      exitCode,
      signal,
      infrastructure: fault === 'infrastructure' ? true : undefined,
    }),
  );
}

export async function onJobWaiting(turn: Turn, event: TransitionOf<'job.waiting'>): Promise<void> {
  const step = await turn.step(event.call);
  if (step === undefined || senderOf(step, { ...event, job: '' }) !== 'first') return;
  const reason = truncate(event.reason, MAX_REASON_LENGTH);
  const waiting = withWaiting(step, { for: 'queue', reason, at: event.at });
  if (waiting === undefined) return;
  stopRepeatingLaunch(turn, step);
  turn.put(waiting);
  turn.warn(`step ${step.name} waits in queue ${step.queue}: ${reason}`);
}

/** Aborts the step. An attempt that is already complete keeps its status. */
export async function abortStep(
  turn: Turn,
  step: Step,
  at: number,
  reason: string,
  exit: { readonly exitCode?: number | null; readonly signal?: string | null } = {},
): Promise<void> {
  const isOpen = lastAttempt(step)?.endedAt === undefined;
  const abortedStep = isOpen
    ? completeAttempt(step, { status: 'aborted', at, reason, ...exit })
    : step;
  await completeStep(turn, turn.put({ ...abortedStep, status: 'aborted', waitingFor: 'none' }));
}
