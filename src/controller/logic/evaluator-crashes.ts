/**
 * Crashes of the process that evaluates the logic of a run.
 *
 * 1. A crash is recorded before the next evaluation starts: a controller may have no time for a
 *    second one, or end with it.
 * 2. An answer resets the count. So does the failure of the run: a resume starts anew.
 *
 * @module
 */
import { toErrorRecord } from '../../model/errors.ts';
import { EvaluatorCrashedError, MAX_EVALUATOR_CRASHES } from '../../ports/evaluator.ts';
import { commitAndLaunch } from '../turn/launch.ts';
import type { Turn } from '../turn/turn.ts';

/** Counts a crash. The same evaluation is still due, unless the run fails because of it. */
export async function onEvaluatorCrash(turn: Turn, reason: string): Promise<void> {
  const { head } = turn;
  const crashes = (head.evaluatorCrashes ?? 0) + 1;
  const isLast = crashes >= MAX_EVALUATOR_CRASHES;
  head.evaluatorCrashes = isLast ? 0 : crashes;
  head.answerPaging = !isLast;
  if (isLast)
    head.abortOutcome = {
      status: 'failed',
      error: toErrorRecord(new EvaluatorCrashedError(reason)),
    };
  turn.markHeadChanged();
  await commitAndLaunch(turn);
}

export function onEvaluatorAnswer({ head }: Turn): void {
  if (head.evaluatorCrashes !== undefined) head.evaluatorCrashes = 0;
}
