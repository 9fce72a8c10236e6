/**
 * Logic that is evaluated elsewhere: by the process that started the run, or by a job. It is asked, and answers later.
 *
 * 1. The question is on record (`asked`, `commands`, `outside.waiting`), the answer in the store: `logic.answered` says no more than to look, so that it may
 *    come twice, late or never. A sweep looks as well.
 * 2. A claim counts once: it names the epoch that it makes. Of two processes that claim the same one, the first has it.
 *
 * @module
 */
import type { ExternalEvaluator } from '../../model/run.ts';
import type { TransitionOf } from '../../model/transition.ts';
import type { Turn } from '../turn/turn.ts';

export function waitForAnswer(turn: Turn): void {
  updateExternalEvaluator(turn, { answerPending: true });
}

/** Whoever was waited for is asked again, if the run is to go on. */
export function stopWaitingForAnswer(turn: Turn): void {
  if (turn.head.externalEvaluator?.answerPending === true)
    updateExternalEvaluator(turn, { answerPending: false });
}

/** Its process asks what there is to do, and finds the question. */
export function onEvaluationClaimed(
  turn: Turn,
  { epoch, process }: TransitionOf<'logic.claimed'>,
): void {
  if (turn.head.externalEvaluator?.epoch === epoch - 1)
    updateExternalEvaluator(turn, { epoch, process, answerPending: false });
}

/** The next look launches another job, as long as the run's budget for such losses lasts. */
export function replaceEvaluator(turn: Turn, reason: string): void {
  const lostJobs = (turn.head.externalEvaluator?.lostJobs ?? 0) + 1;
  updateExternalEvaluator(turn, { lostJobs });
  if (lostJobs <= turn.context.settings.infrastructureBudget) return;
  const queue = turn.info.declaration.pipelineExecutionQueue ?? '';
  const message = `the job that evaluates the pipeline on queue ${queue} ended ${lostJobs} times without having done so; the last time: ${reason}`;
  turn.head.answerPaging = false;
  turn.head.abortOutcome = { status: 'failed', error: { name: 'EvaluatorLostError', message } };
}

function updateExternalEvaluator(turn: Turn, changes: Partial<ExternalEvaluator>): void {
  if (turn.head.externalEvaluator === undefined) return;
  turn.head.externalEvaluator = { ...turn.head.externalEvaluator, ...changes };
  turn.markHeadChanged();
}
