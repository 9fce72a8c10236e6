/**
 * The uploaded files of a new run.
 *
 * @module
 */
import { isInputKey, projectOf } from '../model/object-layout.ts';
import type { NewRun } from '../model/run.ts';
import type { RunInputs } from '../model/run-inputs.ts';
import type { Objects } from '../ports/objects.ts';
import { invalidField } from './problems.ts';

/**
 * The info of a run with these inputs; without inputs, unchanged.
 *
 * @throws ProblemError if the list is not one of the run's project, or is not uploaded
 */
export async function withInputs(
  objects: Pick<Objects, 'size'>,
  info: NewRun,
  inputs: RunInputs | undefined,
): Promise<NewRun> {
  if (inputs === undefined) return info;
  const project = projectOf(info);
  if (!isInputKey(project, inputs.key))
    throw invalidField('inputs.key', `it is not the key of an input of project ${project}`);
  if ((await objects.size(inputs.key)) !== inputs.size)
    throw invalidField('inputs.key', 'this list is not uploaded');
  return { ...info, inputs };
}
