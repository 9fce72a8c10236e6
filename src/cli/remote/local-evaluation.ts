/**
 * A pipeline's logic in this process, its steps elsewhere (`pipelineExecutionQueue: null`).
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
import type { Connection } from './connection.ts';

export interface LocalEvaluation {
  /** Rejects when the API refuses, or cannot be reached for long. */
  readonly completion: Promise<ExternalEvaluationResult>;
  /** The run waits from then on, until somebody else takes its logic up. */
  stop(): Promise<void>;
}

/** Takes the logic of the run over. */
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

/** Evaluates while `watching`, which ends when the run does or nobody watches. @throws what the evaluation throws */
export async function watchWhileEvaluating<T>(
  evaluation: LocalEvaluation | undefined,
  note: (line: string) => void,
  watching: Promise<T>,
): Promise<T> {
  if (evaluation === undefined) return watching;
  const evaluationFailed = evaluation.completion.then((end) => {
    if (end === 'replaced')
      note('another process evaluates this run from now on: this one watches it');
    return watching;
  });
  try {
    return await Promise.race([watching, evaluationFailed]);
  } finally {
    await evaluation.stop();
  }
}

/** What to do when the process that evaluates a run ends before it. */
export const interruptedEvaluationNote = (run: string): string =>
  `interrupted: run ${run} waits for its logic, which this process evaluated (pipelineExecutionQueue: null); its steps go on. Take it up again with: headrace runs attach ${run} --mode remote`;
