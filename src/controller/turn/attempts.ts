/**
 * The life of a step's attempts. Pure: step in, step out.
 *
 * 1. Messages count for the last attempt alone, and only from the job that owns it: the first that spoke.
 * 2. Failures of the infrastructure have a budget of their own.
 *
 * @module
 */
import type { ErrorRecord } from '../../model/errors.ts';
import { isSameJob, type JobIndex } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { Attempt, Step } from '../../model/step.ts';

export const lastAttempt = (step: Step): Attempt | undefined => step.attempts.at(-1);

const withLastAttempt = (step: Step, change: Partial<Attempt>): Step => {
  const last = lastAttempt(step);
  return last === undefined
    ? step
    : { ...step, attempts: [...step.attempts.slice(0, -1), { ...last, ...change }] };
};

/** The step with one more attempt, queued as `job`. */
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
    attempts: [...step.attempts, attempt],
  };
}

export interface MessageSource {
  readonly attempt: number;
  readonly job: string;
  readonly submittedAs?: JobIndex | undefined;
}

/** Whether a message speaks for the step as it stands: `rival` is a second job of an attempt that has an owner. */
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

/** The attempt belongs to `job` from now on. */
export function claimAttempt(step: Step, job: string, at: number, logStream?: string): Step {
  const claimed = withLastAttempt(step, {
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

/** The attempt's end; the step's own status is left to the caller. */
export const completeAttempt = (step: Step, { at, ...completion }: AttemptCompletion): Step =>
  withLastAttempt(step, { ...withoutUndefined(completion), endedAt: at });

function withoutUndefined(completion: Omit<AttemptCompletion, 'at'>): Partial<Attempt> {
  return Object.fromEntries(Object.entries(completion).filter(([, value]) => value !== undefined));
}

/** Attempts since the last resume that failed by their own fault, and by the infrastructure's. */
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

/** What follows the failure of the last attempt: another one, the user's callback, or the end. */
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
  if (declaration.callbacks.includes('retry')) return 'callback';
  return failures.ownFailures <= (declaration.retryOnFailure ?? retries) ? 'retry' : 'fail';
}

/** Milliseconds until the next attempt: the initial delay, times `factor` for each failure before. */
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
