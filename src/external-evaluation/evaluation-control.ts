/**
 * The API's side of logic that is evaluated elsewhere: tells the controller of claims and answers.
 *
 * 1. First the answer is in the store, then the controller hears of it: a word that is lost in between is made up for by the run's sweep, or by the process,
 *    which answers again as long as it is asked.
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
  /** Of a job, by its name. */
  readonly token: (name: string) => string;
  readonly readCommands: ReadCommands;
  readonly jobs: boolean;
}

/** The name under which a run's evaluator has its token: no job has such a one. */
export const evaluatorTokenName = (run: RunId): string => `the evaluator of ${run}`;

export function createEvaluationControl({
  objects,
  transitions,
  token,
  readCommands,
  jobs,
}: EvaluationControlOptions) {
  return {
    jobs,
    token: (run: RunId): string => token(evaluatorTokenName(run)),
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
