/**
 * The evaluator port with external evaluation: reads the stored answers of externally evaluated
 * runs, and passes all other requests to the engine's evaluator.
 *
 * 1. It does not wait: a request without a stored answer is `pending`. The result depends only on
 *    the request and the store.
 * 2. If a job evaluates the logic, the port ensures that the job exists. The name of the job is
 *    derived from the run, so that it is launched once.
 *
 * @module
 */
import type {
  Evaluator,
  EvaluatorCrash,
  EvaluatorJobs,
  ExternalAnswer,
  LogicAnswer,
} from '../ports/evaluator.ts';
import type { Objects } from '../ports/objects.ts';
import { type ReadCommands, readAnswer } from './answer-store.ts';

export interface ExternalEvaluatorOptions {
  readonly engineEvaluator: Evaluator<LogicAnswer | EvaluatorCrash>;
  readonly objects: Pick<Objects, 'get'>;
  readonly readCommands: ReadCommands;
  /**
   * Absent if the engine also evaluates the logic of runs that name a queue: locally, all queues
   * are the same machine.
   */
  readonly jobs?: EvaluatorJobs | undefined;
}

/** Wraps the engine's evaluator. */
export function createExternalEvaluator({
  engineEvaluator,
  objects,
  readCommands,
  jobs,
}: ExternalEvaluatorOptions): Evaluator<LogicAnswer | EvaluatorCrash | ExternalAnswer> {
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
      const { lostJobs } = externalEvaluator;
      const job =
        info.evaluatedBy === 'job' ? await jobs?.ensure({ info, generation, lostJobs }) : undefined;
      if (job?.kind === 'ended') return { kind: 'lost', reason: job.reason };
      return { kind: 'pending', refusal: job?.kind === 'refused' ? job.reason : undefined };
    },
    drop(run) {
      engineEvaluator.drop(run);
    },
  };
}
