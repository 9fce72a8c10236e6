/**
 * The lifecycle of a step's attempts, and the decision that follows a failure. Pure: each function
 * takes a step and returns a step or a decision.
 *
 * 1. Messages count only for the last attempt, and only from the job that owns it: the job whose
 *    message arrived first.
 * 2. Failures of the infrastructure have a budget of their own.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { isSameJob, type JobIndex } from '../../model/ids.ts';
import { MAX_RETRIES } from '../../model/limits.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { type Attempt, isSuccess, type Step, type Waiting } from '../../model/step.ts';
import { mergeOutputs } from '../steps/merge-outputs.ts';
import { stepOutputExcess } from '../steps/output-limits.ts';

export const lastAttempt = (step: Step): Attempt | undefined => step.attempts.at(-1);

export const withLastAttempt = (step: Step, change: Partial<Attempt>): Step => {
  const last = lastAttempt(step);
  return last === undefined
    ? step
    : { ...step, attempts: [...step.attempts.slice(0, -1), { ...last, ...change }] };
};

/** The step without the reason why its last attempt waits. */
export function withoutWaiting(step: Step): Step {
  const last = lastAttempt(step);
  if (last?.waiting === undefined) return step;
  const { waiting: _, ...attempt } = last;
  return { ...step, attempts: [...step.attempts.slice(0, -1), attempt] };
}

/** Whether the last attempt is queued and none of its job's messages arrived. */
export const isWaitingToStart = (step: Step): boolean =>
  step.status === 'queued' && lastAttempt(step)?.owner === undefined;

/** The launch of the step's group was refused, and is to be repeated. */
export const isRefused = (step: Step): boolean =>
  isWaitingToStart(step) && lastAttempt(step)?.waiting?.for === 'launch';

/**
 * The step with the reason why its last attempt waits; undefined if that changes nothing: it no
 * longer waits, the reason is known, or a later one is.
 */
export function withWaiting(step: Step, waiting: Waiting): Step | undefined {
  const known = lastAttempt(step)?.waiting;
  const isNews =
    known === undefined ||
    (known.at < waiting.at && (known.reason !== waiting.reason || known.for !== waiting.for));
  return isWaitingToStart(step) && isNews ? withLastAttempt(step, { waiting }) : undefined;
}

/** The step with one more attempt, queued as `job`. Outputs of the one before move to that attempt. */
export function queueAttempt(step: Step, job: JobIndex, now: number): Step {
  const attempt: Attempt = {
    number: step.attempts.length + 1,
    status: 'queued',
    job,
    queuedAt: now,
  };
  return {
    ...step,
    status: 'queued',
    waitingFor: 'none',
    jobMissingSince: 0,
    attempts: [...attemptsWithOutputs(step), attempt],
    artifacts: [],
    models: [],
  };
}

/** The attempts, the last one with its outputs. All together stay within the limits of a step. */
function attemptsWithOutputs({ attempts, artifacts, models }: Step): readonly Attempt[] {
  const last = attempts.at(-1);
  if (last === undefined || artifacts.length + models.length === 0) return attempts;
  const withOutputs = [...attempts.slice(0, -1), { ...last, artifacts, models }];
  for (let first = 0; first < withOutputs.length; first += 1) {
    const kept = withOutputs.slice(first);
    const excess = stepOutputExcess({
      artifacts: kept.flatMap((attempt) => attempt.artifacts ?? []),
      models: kept.flatMap((attempt) => attempt.models ?? []),
    });
    if (excess === undefined) return [...withOutputs.slice(0, first).map(withoutOutputs), ...kept];
  }
  return attempts.map(withoutOutputs);
}

const withoutOutputs = ({ artifacts: _, models: __, ...attempt }: Attempt): Attempt => attempt;

export interface MessageSource {
  readonly attempt: number;
  readonly job: string;
  readonly submittedAs?: JobIndex | undefined;
}

/**
 * The sender's relation to the last attempt (1). `duplicate` is another job than the attempt's
 * owner.
 */
export function senderOf(
  step: Step,
  { attempt, job, submittedAs }: MessageSource,
): 'owner' | 'first' | 'duplicate' | 'stale' {
  const last = lastAttempt(step);
  if (last === undefined || last.number !== attempt) return 'stale';
  if (submittedAs !== undefined && !isSameJob(submittedAs, last.job)) return 'stale';
  if (last.owner === undefined) return last.status === 'queued' ? 'first' : 'stale';
  return last.owner === job ? 'owner' : 'duplicate';
}

/** Makes `job` the owner of the last attempt. */
export function claimAttempt(step: Step, job: string, at: number, logStream?: string): Step {
  const claimed = withLastAttempt(withoutWaiting(step), {
    owner: job,
    status: 'running',
    startedAt: at,
    ...(logStream === undefined ? {} : { logStream }),
  });
  return { ...claimed, status: 'running', startedAt: step.startedAt ?? at };
}

export interface AttemptCompletion {
  readonly status: 'completed' | 'failed' | 'aborted';
  readonly at: number;
  readonly reason?: string | undefined;
  readonly error?: ErrorRecord | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  readonly infrastructure?: boolean | undefined;
}

/** Completes the last attempt. The caller sets the status of the step. */
export function completeAttempt(step: Step, { at, ...completion }: AttemptCompletion): Step {
  const ended = withLastAttempt(withoutWaiting(step), {
    ...withoutUndefined(completion),
    endedAt: at,
  });
  return completion.status === 'completed' ? ended : withUnpublishedOutputs(ended);
}

/** What an attempt that did not complete uploaded to the run becomes its own. */
export function withUnpublishedOutputs(step: Step): Step {
  if (step.runOutputs === undefined || isSuccess(step.status)) return step;
  const { runOutputs, ...rest } = step;
  return { ...rest, ...mergeOutputs(runOutputs, rest) };
}

function withoutUndefined(completion: Omit<AttemptCompletion, 'at'>): Partial<Attempt> {
  return Object.fromEntries(Object.entries(completion).filter(([, value]) => value !== undefined));
}

/** The number of failed attempts since the last resume, by cause. */
export function failuresOf(step: Step): {
  readonly ownFailures: number;
  readonly infrastructure: number;
} {
  const failed = step.attempts
    .slice(step.attemptsBeforeResume)
    .filter((attempt) => attempt.status === 'failed');
  const infrastructure = failed.filter((attempt) => attempt.infrastructure === true).length;
  return { ownFailures: failed.length - infrastructure, infrastructure };
}

/**
 * Decides what follows the failure of the last attempt: a retry, the retry callback, or the failure
 * of the step.
 */
export function actionAfterFailure(
  step: Step,
  declaration: ComponentDeclaration,
  {
    retries,
    infrastructureBudget,
  }: { readonly retries: number; readonly infrastructureBudget: number },
): 'retry' | 'callback' | 'fail' {
  const failures = failuresOf(step);
  if (lastAttempt(step)?.infrastructure === true)
    return failures.infrastructure <= infrastructureBudget ? 'retry' : 'fail';
  if (failures.ownFailures > MAX_RETRIES) return 'fail';
  if (declaration.callbacks.includes('retry')) return 'callback';
  return failures.ownFailures <= (declaration.retryOnFailure ?? retries) ? 'retry' : 'fail';
}

/**
 * Milliseconds until the next attempt: the initial delay, times `factor` for each failure before.
 */
export function backoffMs(step: Step, { retryBackoff }: ComponentDeclaration): number {
  const { ownFailures, infrastructure } = failuresOf(step);
  const earlierFailures = Math.max(
    0,
    (lastAttempt(step)?.infrastructure === true ? infrastructure : ownFailures) - 1,
  );
  return (
    1000 *
    Math.min(
      retryBackoff.maxSeconds,
      retryBackoff.initialSeconds * retryBackoff.factor ** earlierFailures,
    )
  );
}
