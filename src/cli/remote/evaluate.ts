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

export interface Evaluating {
  /** Rejects when the API refuses, or cannot be reached for long. */
  readonly ended: Promise<ExternalEvaluationResult>;
  /** The run waits from then on, until somebody else takes its logic up. */
  stop(): Promise<void>;
}

/** Takes the logic of the run over. */
export async function evaluateHere(
  { client, endpoint }: Connection,
  id: string,
): Promise<Evaluating> {
  const run: RunId = runIdSchema.parse(id);
  const { token } = await client.evaluatorToken(run);
  const stopping = new AbortController();
  let evaluator: ThreadedEvaluator | undefined;
  const ended = evaluateExternally({
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
    signal: stopping.signal,
  }).finally(() => evaluator?.close());
  ended.catch(() => undefined);
  return {
    ended,
    async stop() {
      stopping.abort();
      await ended.catch(() => undefined);
    },
  };
}

/** Evaluates while `watching`, which ends when the run does or nobody watches. @throws what the evaluation throws */
export async function whileEvaluating<T>(
  evaluating: Evaluating | undefined,
  note: (line: string) => void,
  watching: Promise<T>,
): Promise<T> {
  if (evaluating === undefined) return watching;
  const failed = evaluating.ended.then((end) => {
    if (end === 'replaced')
      note('another process evaluates this run from now on: this one watches it');
    return watching;
  });
  try {
    return await Promise.race([watching, failed]);
  } finally {
    await evaluating.stop();
  }
}

/** What to do when the process that evaluates a run ends before it. */
export const leftNote = (run: string): string =>
  `interrupted: run ${run} waits for its logic, which this process evaluated (pipelineExecutionQueue: null); its steps go on. Take it up again with: headrace runs attach ${run} --mode remote`;
