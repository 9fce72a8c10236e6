/**
 * Evaluates the logic of a remote run in this process (`pipelineExecutionQueue: null`). The steps
 * run behind the API.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createEvaluationClient } from '../../client/evaluations.ts';
import {
  createThreadedEvaluator,
  type ThreadedEvaluator,
} from '../../evaluator/threaded-evaluator.ts';
import {
  type ExternalEvaluationResult,
  evaluateExternally,
} from '../../external-evaluation/process/evaluate-externally.ts';
import { evaluatorProgram } from '../../local/jobs/child-programs.ts';
import { type RunId, runIdSchema } from '../../model/ids.ts';
import { type HintTarget, hint } from '../../view/hints.ts';
import type { Connection } from './connection.ts';

export interface LocalEvaluation {
  /** Rejects when the API rejects a request, or cannot be reached for long. */
  readonly completion: Promise<ExternalEvaluationResult>;
  /** Stops the evaluation. The run then waits until another process evaluates its logic. */
  stop(): Promise<void>;
}

/** Makes this process the evaluator of the run. An earlier one is replaced. */
export async function startLocalEvaluation(
  { client, endpoint }: Connection,
  id: string,
): Promise<LocalEvaluation> {
  const run: RunId = runIdSchema.parse(id);
  const { token } = await client.evaluatorToken(run);
  const abortController = new AbortController();
  let evaluator: ThreadedEvaluator | undefined;
  const completion = evaluateExternally({
    client: createEvaluationClient({ endpoint, token }, run),
    makeEvaluator: (sources) => {
      evaluator = createThreadedEvaluator({
        program: evaluatorProgram(),
        stacks: true,
        ...sources,
      });
      return evaluator;
    },
    name: randomUUID(),
    signal: abortController.signal,
  }).finally(() => evaluator?.close());
  completion.catch(() => undefined);
  return {
    completion,
    async stop() {
      abortController.abort();
      await completion.catch(() => undefined);
    },
  };
}

/**
 * Evaluates until `watching` resolves, which is when the run is finished or the command is
 * interrupted. @throws the error of the evaluation
 */
export async function watchWhileEvaluating<T>(
  evaluation: LocalEvaluation | undefined,
  note: (line: string) => void,
  watching: Promise<T>,
): Promise<T> {
  if (evaluation === undefined) return watching;
  const evaluationFailed = evaluation.completion.then((outcome) => {
    if (outcome === 'replaced')
      note('another process evaluates this run now: this process only watches it');
    return watching;
  });
  try {
    return await Promise.race([watching, evaluationFailed]);
  } finally {
    await evaluation.stop();
  }
}

/** The message when the process that evaluates a run exits before the run is finished. */
export const interruptedEvaluationNote = (run: string, target?: HintTarget): string =>
  `interrupted: run ${run} waits for its logic, which this process evaluated (pipelineExecutionQueue: null); its steps continue. Continue the logic with: ${hint(target, 'runs', 'attach', run)}`;
