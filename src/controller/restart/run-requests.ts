/**
 * Applies requests that replace the records of a run before a turn can start: a resume, and the
 * adoption of another run's steps by a rerun. Callers never write run state; only the controller
 * does (rule 1).
 *
 * 1. A resume request names the revision of the run for which it was made. A request that arrives
 *    twice or late finds another revision and changes nothing.
 * 2. A rerun's request is stored with the run (`RunInfo.rerunFrom`), so that any first message of
 *    the run, even a timer, applies it.
 * 3. A request that cannot be carried out changes the status and the error of the run only: the
 *    next request finds the same records.
 *
 * @module
 */

import { type HeadraceError, toErrorRecord } from '../../model/errors.ts';
import type { Run } from '../../model/run.ts';
import { runFacts } from '../../model/run-facts.ts';
import type { Transition } from '../../model/transition.ts';
import { EMPTY_COMMIT } from '../../ports/tasks.ts';
import type { ControllerContext } from '../context.ts';
import { ArgumentsMissingError, copyArguments } from '../run/own-arguments.ts';
import { LogicReplayError } from './logic-replay.ts';
import { createRerun, UnknownStepError } from './rerun.ts';
import { resumeRun, UnknownRunError } from './resume.ts';
import { ResumeTooLateError, requireResumable } from './resume-limit.ts';

/** Applies pending requests, and returns the changed run with the transitions to handle next. */
export async function applyPendingRequests(
  context: ControllerContext,
  run: Run,
  transitions: readonly Transition[],
): Promise<{ readonly run: Run; readonly transitions: readonly Transition[] }> {
  const hasPendingRerun = isPendingRerun(run);
  const next = hasPendingRerun
    ? await applyRerun(context, run)
    : ((await copyPendingArguments(context, run)) ??
      (await applyResume(context, run, transitions)));
  return next === undefined
    ? { run, transitions }
    : {
        run: next,
        transitions: [
          { kind: 'run.sweep', run: run.info.id, unknownJobsLost: false },
          ...transitions,
        ],
      };
}

const isPendingRerun = ({ info, head }: Run): boolean =>
  info.rerunFrom !== undefined &&
  info.rerunOf !== null &&
  head.status === 'queued' &&
  head.revision === 0;

async function applyRerun(context: ControllerContext, run: Run): Promise<Run> {
  const { number: _, ...info } = run.info;
  if (info.rerunOf === null || info.rerunFrom === undefined) return run;
  try {
    const { adoptableMs } = context.settings;
    return await createRerun(context, info.rerunOf, info, { ...info.rerunFrom, adoptableMs });
  } catch (error) {
    // The other run may have been removed after the rerun was requested.
    const isExpected =
      error instanceof UnknownRunError ||
      error instanceof UnknownStepError ||
      error instanceof ArgumentsMissingError ||
      error instanceof LogicReplayError;
    if (!isExpected) throw error;
    return refuseRequest(context, run, error);
  }
}

/** Copies the arguments of a rerun that adopts nothing. Returns the failed run if they are missing. */
async function copyPendingArguments(
  context: ControllerContext,
  run: Run,
): Promise<Run | undefined> {
  if (run.head.status !== 'queued') return undefined;
  try {
    await copyArguments(context, run.info);
    return undefined;
  } catch (error) {
    if (!(error instanceof ArgumentsMissingError)) throw error;
    return refuseRequest(context, run, error);
  }
}

async function applyResume(
  context: ControllerContext,
  run: Run,
  transitions: readonly Transition[],
): Promise<Run | undefined> {
  const { info, head } = run;
  const isResumable = head.status === 'failed' || head.status === 'aborted';
  const isRequested = transitions.some(
    (transition) => transition.kind === 'run.resume' && transition.revision === head.revision,
  );
  if (!isResumable || !isRequested) return undefined;
  try {
    requireResumable(run, context.clock.now(), context.settings.maxActiveMs);
    return await resumeRun(context, info.id);
  } catch (error) {
    if (!(error instanceof LogicReplayError || error instanceof ResumeTooLateError)) throw error;
    return refuseRequest(context, run, error);
  }
}

/** The run fails with `error`; its other records stay as they are (3). */
async function refuseRequest(
  context: ControllerContext,
  { info, head }: Run,
  error: HeadraceError,
): Promise<Run> {
  const now = context.clock.now();
  const failed = {
    ...head,
    revision: head.revision + 1,
    status: 'failed' as const,
    error: toErrorRecord(error),
    startedAt: head.startedAt ?? now,
    endedAt: head.endedAt ?? now,
  };
  await context.tasks.commit(info.id, { ...EMPTY_COMMIT, head: failed });
  const facts = runFacts({ info, head: failed });
  await context.events.publish([{ kind: 'run', run: info.id, status: 'failed', facts, at: now }]);
  return { info, head: failed };
}
