/**
 * The state of an external evaluation: by the process that started the run, or by a job.
 *
 * 1. The request is in the run head (`requestedPosition`, `commandCount`,
 *    `externalEvaluator.answerPending`), and the answer is in the object store. `logic.answered`
 *    only announces that an answer may be there, so it may arrive twice, late or never. A sweep
 *    checks the store as well.
 * 2. A claim counts once, because it names the epoch that it starts. Of two processes that claim
 *    the same epoch, the first one is accepted.
 *
 * @module
 */
import type { ExternalEvaluator } from '../../model/run.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Turn } from '../turn/turn.ts';

/** @param refusal why the evaluator's job could not be launched; each sweep repeats the launch */
export function waitForAnswer(turn: Turn, refusal?: string): void {
  const now = turn.context.clock.now();
  const since = turn.head.externalEvaluator?.refused?.since ?? now;
  if (refusal === undefined || now - since <= queueTimeoutMs(turn))
    return updateExternalEvaluator(turn, {
      answerPending: true,
      refused: refusal === undefined ? undefined : { reason: refusal, since },
    });
  const message = `the job that evaluates the pipeline could not be launched within ${queueTimeoutMs(turn) / 1000} s; the last time: ${refusal}`;
  failEvaluation(turn, message);
}

/** If the run continues, the next evaluation requests the answer again. */
export function stopWaitingForAnswer(turn: Turn): void {
  if (turn.head.externalEvaluator?.answerPending === true)
    updateExternalEvaluator(turn, { answerPending: false });
}

/** A process starts a new epoch (2). It reads the request from the run head. */
export function onEvaluationClaimed(
  turn: Turn,
  { epoch, process }: TransitionOf<'logic.claimed'>,
): void {
  if (turn.head.externalEvaluator?.epoch === epoch - 1)
    updateExternalEvaluator(turn, { epoch, process, answerPending: false });
}

/** The next evaluation launches another job. If too many jobs were lost, the run fails. */
export function replaceEvaluator(turn: Turn, reason: string): void {
  const lostJobs = (turn.head.externalEvaluator?.lostJobs ?? 0) + 1;
  updateExternalEvaluator(turn, { lostJobs });
  if (lostJobs <= turn.context.settings.infrastructureBudget) return;
  const queue = turn.info.declaration.pipelineExecutionQueue ?? '';
  const message = `the job that evaluates the pipeline on queue ${queue} ended ${lostJobs} times without an answer; the last time: ${reason}`;
  failEvaluation(turn, message);
}

function failEvaluation(turn: Turn, message: string): void {
  turn.head.answerPaging = false;
  turn.head.abortOutcome = { status: 'failed', error: { name: 'EvaluatorLostError', message } };
}

const queueTimeoutMs = ({ info, context }: Turn): number => {
  const seconds = info.declaration.queueTimeoutSeconds;
  return seconds === undefined ? context.settings.queueTimeoutMs : seconds * 1000;
};

function updateExternalEvaluator(turn: Turn, changes: Partial<ExternalEvaluator>): void {
  if (turn.head.externalEvaluator === undefined) return;
  turn.head.externalEvaluator = { ...turn.head.externalEvaluator, ...changes };
  turn.markHeadChanged();
}
