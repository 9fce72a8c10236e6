/**
 * The program of a container that evaluates the logic of a run (`EVALUATOR_VARIABLES`), from when
 * it starts until the run is over.
 *
 * 1. The token leaves the environment before any of the pipeline's code is there.
 * 2. It ends in order when the run is over or another job took over. Any other end is a loss, after
 *    which there is another job.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createEvaluationClient } from '../client/evaluations.ts';
import { createEvaluator } from '../evaluator/index.ts';
import { evaluateExternally } from '../external-evaluation/process/evaluate-externally.ts';
import { EVALUATOR_VARIABLES } from '../model/container.ts';
import { runIdSchema } from '../model/ids.ts';

const AWS_CREDENTIAL_VARIABLES = [
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
];

function consumeVariable(name: string): string {
  const value = process.env[name];
  delete process.env[name];
  if (value === undefined || value === '')
    throw new Error(`the variable ${name} is missing: this container is started by Headrace`);
  return value;
}

async function main(): Promise<void> {
  const stopping = new AbortController();
  process.on('SIGTERM', () => stopping.abort());
  const endpoint = consumeVariable(EVALUATOR_VARIABLES.api);
  const run = runIdSchema.parse(consumeVariable(EVALUATOR_VARIABLES.run));
  const token = consumeVariable(EVALUATOR_VARIABLES.token);
  for (const name of AWS_CREDENTIAL_VARIABLES) delete process.env[name];
  const outcome = await evaluateExternally({
    client: createEvaluationClient({ endpoint, token }, run),
    makeEvaluator: (sources) => createEvaluator(sources),
    name: randomUUID(),
    signal: stopping.signal,
  });
  console.log(JSON.stringify({ level: 'info', message: `evaluation ${outcome}`, run }));
  // Stopped because its machine is reclaimed: the evaluation is not complete.
  if (outcome === 'stopped') process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
