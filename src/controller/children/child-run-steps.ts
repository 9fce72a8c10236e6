/**
 * Steps that are child runs: what follows when the child run starts or ends.
 *
 * 1. The record of the child run decides, not the message about it. A message that arrives twice,
 *    late or never is harmless: the sweep reads the same record.
 * 2. A child run that ended reports it in each of its turns. The batch of its last turn is delivered
 *    again if the process crashes before it has reported.
 * 3. A child run counts for the last attempt of its step only: its id follows from the attempt's job.
 *
 * 4. A child run whose step was stopped is aborted, also if it starts later: its launch may be
 *    delayed, and the abort finds no run then.
 *
 * @module
 */
import { childRunId, isChildJob } from '../../model/child-run-ids.ts';
import type { ErrorRecord } from '../../model/errors.ts';
import { MAX_REASON_LENGTH } from '../../model/limits.ts';
import { isTerminalRun, type Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { TransitionOf } from '../../model/transition.ts';
import { truncate } from '../../model/truncate.ts';
import { isStored } from '../../model/value.ts';
import type { ControllerContext } from '../context.ts';
import { reasonToStop } from '../run/stop-reason.ts';
import { abortStep, isLive } from '../steps/job-messages.ts';
import { handleFailure } from '../steps/scheduling.ts';
import { completeStep } from '../steps/step-completion.ts';
import { claimAttempt, completeAttempt, lastAttempt } from '../turn/attempts.ts';
import type { Turn } from '../turn/turn.ts';

/** A child run that has started or ended notifies the run of its step (2). */
export async function reportToParent(
  { transitions }: Pick<ControllerContext, 'transitions'>,
  { info, head }: Pick<Run, 'info' | 'head'>,
  hasStarted: boolean,
): Promise<void> {
  const { parent, id } = info;
  if (parent === undefined || !(hasStarted || isTerminalRun(head.status))) return;
  await transitions.send([
    {
      kind: 'child.changed',
      run: parent.run,
      call: parent.call,
      child: id,
      revision: head.revision,
    },
  ]);
}

export async function onChildChanged(
  turn: Turn,
  { call, child }: TransitionOf<'child.changed'>,
): Promise<void> {
  const step = await turn.step(call);
  const attempt = step && lastAttempt(step);
  if (step === undefined || attempt === undefined) return;
  // Another attempt has replaced this child run (3).
  if (!isChildJob(attempt.job.name) || childRunId(attempt.job) !== child) return;
  return followChildRun(turn, step);
}

/**
 * Aborts a child run that started although its step was stopped: the process that launched it was
 * delayed (4). Returns false for any other child run.
 */
export async function stopOrphan(
  turn: Turn,
  { call, child }: TransitionOf<'child.changed'>,
): Promise<boolean> {
  const step = await turn.step(call);
  const attempt = step?.attempts.find(
    ({ job, status }) => status === 'aborted' && isChildJob(job.name) && childRunId(job) === child,
  );
  if (attempt === undefined) return false;
  turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, 'its step was stopped'));
  return true;
}

/** Brings the step to the state of its child run. */
export async function followChildRun(turn: Turn, step: Step): Promise<void> {
  const attempt = lastAttempt(step);
  if (attempt === undefined || !isLive(step)) return;
  const child = await turn.context.tasks.run(childRunId(attempt.job));
  if (child === undefined || child.head.status === 'queued') return;
  const { id, pipeline, number } = child.info;
  const started =
    attempt.owner === undefined
      ? turn.put({
          ...claimAttempt(step, id, child.head.startedAt ?? turn.context.clock.now()),
          childRun: { run: id, pipeline, number },
        })
      : step;
  if (isTerminalRun(child.head.status)) return completeWith(turn, started, child);
  if (turn.head.status === 'aborting')
    turn.afterCommit(() => turn.context.jobs.terminate(attempt.job, reasonToStop(turn)));
}

async function completeWith(turn: Turn, step: Step, child: Run): Promise<void> {
  const { status, result, error, endedAt } = child.head;
  const at = endedAt ?? turn.context.clock.now();
  if (status === 'completed') {
    const value = result ?? { format: 'json', text: 'null' };
    // From now on its objects stay, even if it is removed.
    if (isStored(value)) await turn.context.tasks.share(child.info.id);
    return completeStep(
      turn,
      turn.put({
        ...completeAttempt(step, { status: 'completed', at }),
        status: 'completed',
        values: [value],
      }),
    );
  }
  const reason = truncate(
    error === null ? `run ${child.info.id} ended ${status}` : `${error.name}: ${error.message}`,
    MAX_REASON_LENGTH,
  );
  if (turn.head.status === 'aborting') return abortStep(turn, step, at, reason);
  return handleFailure(
    turn,
    completeAttempt(step, { status: 'failed', at, reason, error: failureOf(child) }),
  );
}

/** As a program receives the failure of a run that it started (`PipelineRunError`). */
function failureOf({ info, head }: Run): ErrorRecord {
  const { error, status } = head;
  return {
    name: 'PipelineRunError',
    message: `run ${info.id} ended ${status}${error === null ? '' : `: ${error.message}`}`,
    class: 'HeadraceError',
    fields: { runId: info.id, status, number: info.number },
    ...(error === null ? {} : { cause: error }),
  };
}
