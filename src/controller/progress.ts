/**
 * What steps and their jobs say.
 *
 * 1. A message counts for the attempt that it names, with that attempt's token, from the job that owns it (rules 3 and 6). Anything else changes nothing.
 * 2. Whatever comes first of a job's `finished` and its end decides; the other finds the attempt over.
 *
 * @module
 */
import { timingSafeEqual } from 'node:crypto';
import type { Step } from '../model/step.ts';
import type { TransitionOf } from '../model/transition.ts';
import { claim, endAttempt, lastAttempt, speaker } from './attempts.ts';
import { end } from './ends.ts';
import { fail } from './launching.ts';
import { mergeByName, monitorPoints, putOnRun } from './monitors.ts';
import type { Turn } from './turn.ts';

type Message = TransitionOf<'started'> | TransitionOf<'reported'> | TransitionOf<'finished'>;

const isLive = (step: Step): boolean => step.status === 'queued' || step.status === 'running';

/** The step that a message speaks for, its attempt claimed by the message's job; undefined if the message does not count. */
async function heard(turn: Turn, message: Message): Promise<Step | undefined> {
  const step = await turn.step(message.call);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined) return undefined;
  const named = step.attempts[message.attempt - 1];
  if (named === undefined || !sameToken(message.token, turn.context.token(named.job.name))) {
    turn.context.refused?.(message);
    return undefined;
  }
  const who = speaker(step, message);
  if (who === 'rival') {
    turn.afterwards(() => turn.context.jobs.terminate(attempt.job, 'another job owns this attempt', message.job));
    return undefined;
  }
  if (who === 'stale') return undefined;
  if (who === 'owner') return step;
  return turn.put(claim(step, message.job, message.at, message.kind === 'started' ? message.logStream : undefined));
}

function sameToken(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

export async function onStarted(turn: Turn, message: TransitionOf<'started'>): Promise<void> {
  const step = await heard(turn, message);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined || !isLive(step)) return;
  if (attempt.logStream === undefined && message.logStream !== undefined) {
    turn.put({ ...step, attempts: [...step.attempts.slice(0, -1), { ...attempt, logStream: message.logStream }] });
  }
  if (turn.head.status === 'aborting') turn.afterwards(() => turn.context.jobs.terminate(attempt.job, 'the run is being aborted'));
}

export async function onReported(turn: Turn, message: TransitionOf<'reported'>): Promise<void> {
  const step = await heard(turn, message);
  if (step === undefined) return;
  const { report, sequence, attempt } = message;
  turn.report({ call: step.call, attempt, sequence, points: report.points, texts: report.texts });
  const monitored = monitorPoints(turn, step, report.points);
  if (monitored.length > 0) turn.reportRun({ id: `${step.call}.${attempt}.${sequence}`, points: monitored });
  if (report.artifacts.length + report.models.length > 0) {
    turn.put({ ...step, artifacts: mergeByName(step.artifacts, report.artifacts), models: mergeByName(step.models, report.models) });
  }
  putOnRun(turn, report.onRun);
}

export async function onFinished(turn: Turn, message: TransitionOf<'finished'>): Promise<void> {
  const step = await heard(turn, message);
  if (step === undefined || !isLive(step)) return;
  const { outcome, at } = message;
  if (outcome.ok) {
    const artifacts = mergeByName(step.artifacts, outcome.artifacts);
    return end(turn, turn.put({ ...endAttempt(step, { status: 'completed', at, exitCode: 0 }), status: 'completed', values: outcome.values, artifacts }));
  }
  const { error, stopReason, exitCode = 1 } = outcome;
  if (turn.head.status === 'aborting' || stopReason === 'abort') return abortStep(turn, step, at, 'aborted');
  const reason = stopReason === undefined ? `${error.name}: ${error.message}` : error.message;
  return fail(
    turn,
    endAttempt(step, {
      status: 'failed',
      at,
      reason,
      error,
      exitCode: stopReason === undefined ? exitCode : undefined,
      infrastructure: stopReason === 'reclaimed' ? true : undefined,
    }),
  );
}

export async function onJobEnded(turn: Turn, event: TransitionOf<'job.ended'>): Promise<void> {
  const step = await turn.step(event.call);
  if (step === undefined || !isLive(step)) return;
  const who = speaker(step, event);
  if (who === 'rival' || who === 'stale') return;
  const { at, exitCode, signal, reason, fault } = event;
  if (fault === 'abort' || turn.head.status === 'aborting') return abortStep(turn, step, at, reason, { exitCode, signal });
  const error = { name: fault === 'timeout' ? 'StepTimeoutError' : 'StepCrashedError', message: `step ${step.name} ${reason}` };
  return fail(turn, endAttempt(step, { status: 'failed', at, reason, error, exitCode, signal, infrastructure: fault === 'infrastructure' ? true : undefined }));
}

/** The step is over, by our own hand or somebody's. An attempt that ended before stays as it ended. */
export async function abortStep(
  turn: Turn,
  step: Step,
  at: number,
  reason: string,
  exit: { readonly exitCode?: number | null; readonly signal?: string | null } = {},
): Promise<void> {
  const isOpen = lastAttempt(step)?.endedAt === undefined;
  const ended = isOpen ? endAttempt(step, { status: 'aborted', at, reason, ...exit }) : step;
  await end(turn, turn.put({ ...ended, status: 'aborted', waitingFor: 'none' }));
}
