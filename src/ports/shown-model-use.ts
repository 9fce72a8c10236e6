/**
 * What lists of the uses of a model show: the step, its run, and the steps that receive the model.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { RunStatus } from '../model/run.ts';
import { MAX_LISTED_RECEIVERS } from '../model/use-model.ts';
import type { ModelUse, Tasks } from './tasks.ts';

/** A step of a run that uses a version, with the steps that receive the model from it. */
export interface ShownModelUse {
  readonly run: RunId;
  readonly project: string;
  readonly pipeline: string;
  readonly number: number;
  readonly status: RunStatus;
  readonly call: number;
  readonly step: string;
  readonly receivers: readonly string[];
  /** Milliseconds since the epoch. */
  readonly usedAt: number | null;
}

export async function shownModelUse(
  tasks: Pick<Tasks, 'children' | 'steps'>,
  use: ModelUse,
): Promise<ShownModelUse> {
  const { info, head } = use.run;
  return {
    run: info.id,
    project: info.project,
    pipeline: info.pipeline,
    number: info.number,
    status: head.status,
    call: use.step.call,
    step: use.step.name,
    receivers: await receiversOf(tasks, use),
    usedAt: use.step.endedAt,
  };
}

/** The names of the first steps that depend on the call. */
async function receiversOf(
  tasks: Pick<Tasks, 'children' | 'steps'>,
  { run: { info }, step: { call } }: ModelUse,
): Promise<readonly string[]> {
  const children = await tasks.children(info.id, call, -1, MAX_LISTED_RECEIVERS);
  return (await tasks.steps(info.id, children)).map(({ name }) => name);
}
