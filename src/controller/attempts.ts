/**
 * The life of a step's attempts. Pure: step in, step out.
 *
 * 1. Messages count for the last attempt alone, and only from the job that owns it: the first that spoke.
 * 2. Failures of the infrastructure have a budget of their own.
 *
 * @module
 */
import type { ErrorRecord } from '../model/errors.ts';
import { isSameJob, type JobIndex } from '../model/ids.ts';
import type { ComponentDeclaration } from '../model/options.ts';
import type { Attempt, Step } from '../model/step.ts';

export const lastAttempt = (step: Step): Attempt | undefined => step.attempts.at(-1);

const withLast = (step: Step, change: Partial<Attempt>): Step => {
  const last = lastAttempt(step);
  return last === undefined ? step : { ...step, attempts: [...step.attempts.slice(0, -1), { ...last, ...change }] };
};

/** The step with one more attempt, queued as `job`. */
export function queue(step: Step, job: JobIndex, now: number): Step {
  const attempt: Attempt = { number: step.attempts.length + 1, status: 'queued', job, queuedAt: now };
  return { ...step, status: 'queued', waitingFor: 'none', jobMissingSince: 0, attempts: [...step.attempts, attempt] };
}

export interface Speech {
  readonly attempt: number;
  readonly job: string;
  readonly submittedAs?: JobIndex | undefined;
}

/** Whether a message speaks for the step as it stands: `rival` is a second job of an attempt that has an owner. */
export function speaker(step: Step, { attempt, job, submittedAs }: Speech): 'owner' | 'first' | 'rival' | 'stale' {
  const last = lastAttempt(step);
  if (last === undefined || last.number !== attempt) return 'stale';
  if (submittedAs !== undefined && !isSameJob(submittedAs, last.job)) return 'stale';
  if (last.owner === undefined) return last.status === 'queued' ? 'first' : 'stale';
  return last.owner === job ? 'owner' : 'rival';
}

/** The attempt belongs to `job` from now on. */
export function claim(step: Step, job: string, at: number, logStream?: string): Step {
  const claimed = withLast(step, { owner: job, status: 'running', startedAt: at, ...(logStream === undefined ? {} : { logStream }) });
  return { ...claimed, status: 'running', startedAt: step.startedAt ?? at };
}

export interface AttemptEnd {
  readonly status: 'completed' | 'failed' | 'aborted';
  readonly at: number;
  readonly reason?: string | undefined;
  readonly error?: ErrorRecord | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  readonly infrastructure?: boolean | undefined;
}

/** The attempt's end; the step's own status is left to the caller. */
export const endAttempt = (step: Step, { at, ...end }: AttemptEnd): Step => withLast(step, { ...definedOf(end), endedAt: at });

function definedOf(end: Omit<AttemptEnd, 'at'>): Partial<Attempt> {
  return Object.fromEntries(Object.entries(end).filter(([, value]) => value !== undefined));
}

/** Attempts since the last resume that failed by their own fault, and by the infrastructure's. */
export function failuresOf(step: Step): { readonly own: number; readonly infrastructure: number } {
  const failed = step.attempts.slice(step.attemptsBeforeResume).filter((attempt) => attempt.status === 'failed');
  const infrastructure = failed.filter((attempt) => attempt.infrastructure === true).length;
  return { own: failed.length - infrastructure, infrastructure };
}

/** What follows the failure of the last attempt: another one, the user's callback, or the end. */
export function afterFailure(
  step: Step,
  declaration: ComponentDeclaration,
  { retries, infrastructureBudget }: { readonly retries: number; readonly infrastructureBudget: number },
): 'retry' | 'ask' | 'end' {
  const failures = failuresOf(step);
  if (lastAttempt(step)?.infrastructure === true) return failures.infrastructure <= infrastructureBudget ? 'retry' : 'end';
  if (declaration.callbacks.includes('retry')) return 'ask';
  return failures.own <= (declaration.retryOnFailure ?? retries) ? 'retry' : 'end';
}

/** Milliseconds until the next attempt: the initial delay, times `factor` for each failure before. */
export function backoff(step: Step, { retryBackoff }: ComponentDeclaration): number {
  const { own, infrastructure } = failuresOf(step);
  const before = Math.max(0, (lastAttempt(step)?.infrastructure === true ? infrastructure : own) - 1);
  return 1000 * Math.min(retryBackoff.maxSeconds, retryBackoff.initialSeconds * retryBackoff.factor ** before);
}
