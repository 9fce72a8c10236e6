/**
 * The evaluator port for runs whose logic is evaluated elsewhere, before the engine's own, which takes all others.
 *
 * 1. It waits for nobody: there is an answer in the store, or there is none yet. So it is still a function of what it is asked.
 * 2. Where a job is to answer, there is one: it is launched under a name that follows from the run, and looked up before that.
 *
 * @module
 */
import type { Evaluator, EvaluatorJobs, ExternalAnswer, LogicAnswer } from '../ports/evaluator.ts';
import type { Objects } from '../ports/objects.ts';
import { type ReadCommands, readAnswer } from './answer-store.ts';

export interface ExternalEvaluatorOptions {
  readonly engineEvaluator: Evaluator;
  readonly objects: Pick<Objects, 'get'>;
  readonly readCommands: ReadCommands;
  /** Absent where the engine evaluates on its own what names a queue: on a laptop all queues are the same machine. */
  readonly jobs?: EvaluatorJobs | undefined;
}

export function createExternalEvaluator({
  engineEvaluator,
  objects,
  readCommands,
  jobs,
}: ExternalEvaluatorOptions): Evaluator<LogicAnswer | ExternalAnswer> {
  return {
    async evaluate(request) {
      const { info, externalEvaluator, generation, position, fromCommand } = request;
      if (externalEvaluator === undefined) return engineEvaluator.evaluate(request);
      if (externalEvaluator.epoch > 0) {
        const answer = await readAnswer(
          objects,
          info,
          { ...externalEvaluator, generation, position, fromCommand },
          readCommands,
        );
        if (answer !== undefined) return answer;
      }
      const reason =
        info.evaluatedBy === 'job'
          ? await jobs?.ensure({ info, generation, lostJobs: externalEvaluator.lostJobs })
          : undefined;
      return reason === undefined ? { kind: 'pending' } : { kind: 'lost', reason };
    },
    drop(run) {
      engineEvaluator.drop(run);
    },
  };
}
