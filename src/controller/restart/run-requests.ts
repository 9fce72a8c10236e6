/**
 * What people ask of a run, where it cannot be decided in a turn: to go on after its end, to take over what another run finished, to be tagged.
 * Whoever asks writes nothing of the run: that is the controller's (rule 1).
 *
 * 1. A resume is for the run as it was when it was asked for; one that comes twice, or late, finds another revision and does nothing.
 * 2. What a rerun takes over is on record with the run (`RunInfo.takeOver`), so that whatever comes first, a timer too, finds it to be done.
 *
 * @module
 */
import { toErrorRecord } from '../../model/errors.ts';
import type { Run } from '../../model/run.ts';
import type { Transition } from '../../model/transition.ts';
import { EMPTY_COMMIT } from '../../ports/tasks.ts';
import type { ControllerContext } from '../context.ts';
import { createRerun, UnknownStepError } from './rerun.ts';
import { resumeRun, UnknownRunError } from './resume.ts';

/** Does what has to be done before the batch is handled; the answer is the run after it, and what is to be handled. */
export async function applyPendingRequests(
  context: ControllerContext,
  run: Run,
  transitions: readonly Transition[],
): Promise<{ readonly run: Run; readonly transitions: readonly Transition[] }> {
  const hasPendingRerun = isPendingRerun(run);
  const next = hasPendingRerun
    ? await applyRerun(context, run)
    : await applyResume(context, run, transitions);
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
    return await createRerun(context, info.rerunOf, info, info.rerunFrom);
  } catch (error) {
    if (!(error instanceof UnknownRunError || error instanceof UnknownStepError)) throw error;
    // The other run was removed since this one was asked for.
    const now = context.clock.now();
    const head = {
      ...run.head,
      revision: run.head.revision + 1,
      status: 'failed' as const,
      error: toErrorRecord(error),
      startedAt: now,
      endedAt: now,
    };
    await context.tasks.commit(info.id, { ...EMPTY_COMMIT, head });
    await context.events.publish([{ kind: 'run', run: info.id, status: 'failed', at: now }]);
    return { info: run.info, head };
  }
}

async function applyResume(
  context: ControllerContext,
  { info, head }: Run,
  transitions: readonly Transition[],
): Promise<Run | undefined> {
  const isResumable = head.status === 'failed' || head.status === 'aborted';
  const isRequested = transitions.some(
    (transition) => transition.kind === 'run.resume' && transition.revision === head.revision,
  );
  return isResumable && isRequested ? await resumeRun(context, info.id) : undefined;
}
