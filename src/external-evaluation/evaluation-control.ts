/**
 * The API's side of external evaluation: sends claims and answers to the controller.
 *
 * 1. An answer is stored before the controller is notified. If the notification is lost, the sweep
 *    of the run finds the answer, or the evaluating process sends it again while its request is
 *    pending.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Objects } from '../ports/objects.ts';
import type { Transitions } from '../ports/transitions.ts';
import { type AnswerKey, putAnswer, type ReadCommands, type StoredAnswer } from './answer-store.ts';

export interface EvaluationControlOptions {
  readonly objects: Pick<Objects, 'putIfAbsent'>;
  readonly transitions: Transitions;
  /** Returns the token of a run's external evaluator. */
  readonly token: (run: RunId) => string;
  readonly readCommands: ReadCommands;
  /** Whether jobs can evaluate logic. */
  readonly jobs: boolean;
  /** Whether the API accepts external evaluation. Default: true. */
  readonly accepted?: boolean;
}

/** Creates the operations that the API offers to evaluating processes. */
export function createEvaluationControl({
  objects,
  transitions,
  token,
  readCommands,
  jobs,
  accepted = true,
}: EvaluationControlOptions) {
  return {
    jobs,
    accepted,
    token,
    claim: ({ info }: Run, epoch: number, process: string): Promise<void> =>
      transitions.send([{ kind: 'logic.claimed', run: info.id, epoch, process }]),
    areCommands(page: readonly unknown[]): boolean {
      try {
        readCommands(JSON.stringify(page));
        return true;
      } catch (error) {
        if (error instanceof HeadraceError) return false;
        throw error;
      }
    },
    async answer({ info }: Run, answerKey: AnswerKey, answer: StoredAnswer): Promise<void> {
      await putAnswer(objects, info, answerKey, answer);
      const subject = [
        answerKey.generation,
        answerKey.epoch,
        answerKey.position,
        answerKey.fromCommand,
      ].join('.');
      await transitions.send([{ kind: 'logic.answered', run: info.id, subject }]);
    },
  };
}
