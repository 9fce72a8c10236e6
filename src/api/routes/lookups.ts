/**
 * Finds the run and the step that a path names.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { ApiPorts } from '../ports.ts';
import { ProblemError } from '../problems.ts';

/** @throws ProblemError */
export async function findRunOrThrow({ tasks }: ApiPorts, id: RunId): Promise<Run> {
  const run = await tasks.run(id);
  if (run === undefined) throw missingRun(id);
  return run;
}

export const missingRun = (id: RunId): ProblemError =>
  new ProblemError(404, `there is no run ${id}`, [
    { in: 'path', field: 'run', detail: 'there is no run with this id' },
  ]);

/** @throws ProblemError */
export async function findStepOrThrow(
  { tasks }: ApiPorts,
  run: RunId,
  call: number,
): Promise<Step> {
  const [step] = await tasks.steps(run, [call]);
  if (step === undefined)
    throw new ProblemError(404, `run ${run} has no step ${call}`, [
      { in: 'path', field: 'call', detail: 'the run has no call of this number' },
    ]);
  return step;
}
