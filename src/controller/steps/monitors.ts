/**
 * Monitors: artifacts and models of a step that are also recorded on its run, and the marker of its
 * metrics. The points of a step that is executed are copied as they arrive (`job-messages.ts`).
 *
 * @module
 */
import type { Model, RunOutputs } from '../../model/artifacts.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { takenOverId } from '../../model/run-reports.ts';
import { isSuccess, type Step } from '../../model/step.ts';
import type { RunReport } from '../../ports/tasks.ts';
import type { Turn } from '../turn/turn.ts';

type Monitors = Pick<ComponentDeclaration, 'monitorArtifacts' | 'monitorMetrics' | 'monitorModels'>;

/** The monitored artifacts and models of a successful step, with their names on the run. */
export function monitoredOutputs(
  { monitorArtifacts, monitorModels }: Monitors,
  { artifacts, models }: Pick<Step, 'artifacts' | 'models'>,
): RunOutputs {
  return {
    artifacts: monitorArtifacts.map(toPair).flatMap(([from, to]) => {
      const artifact = artifacts.find(({ name }) => name === from);
      return artifact === undefined ? [] : [{ ...artifact, name: to ?? artifact.name }];
    }),
    models: monitorModels.map(toPair).flatMap(([from, to]) => {
      const model = selectModel(models, from);
      return model === undefined ? [] : [{ ...model, name: to ?? model.name }];
    }),
  };
}

/** The marker for the metrics of a step that took over a result (`model/run-reports.ts`). */
export const takenOverMetrics = (
  { monitorMetrics }: Monitors,
  { call, attempts }: Pick<Step, 'call' | 'attempts'>,
  generation: number,
): readonly RunReport[] =>
  monitorMetrics.length === 0
    ? []
    : [{ id: takenOverId({ call, generation, attempt: attempts.length + 1 }), points: [] }];

/**
 * Records on the run what a step whose result is known uploaded to it, and its monitored outputs.
 *
 * @param isTakenOver the step was not executed under its call: its points are not on the run yet
 */
export function recordMonitored(turn: Turn, step: Step, isTakenOver: boolean): void {
  if (!isSuccess(step.status)) return;
  const declaration = turn.declaration(step);
  if (step.runOutputs !== undefined) turn.addRunOutputs(step.runOutputs);
  turn.addRunOutputs(monitoredOutputs(declaration, step));
  if (!isTakenOver) return;
  for (const marker of takenOverMetrics(declaration, step, turn.head.generation))
    turn.addRunReport(marker);
}

const toPair = (
  monitor: string | readonly [string, string],
): readonly [string, string | undefined] =>
  typeof monitor === 'string' ? [monitor, undefined] : monitor;

/**
 * `*` selects the model that was created last. A pattern such as `weights_*` selects the matching
 * model with the last name in lexicographic order. Any other text selects the model with that name.
 */
export function selectModel(models: readonly Model[], pattern: string): Model | undefined {
  if (pattern === '*')
    return models.reduce<Model | undefined>(
      (last, model) => (last === undefined || model.createdAt >= last.createdAt ? model : last),
      undefined,
    );
  if (!pattern.includes('*')) return models.find(({ name }) => name === pattern);
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const matches = new RegExp(`^${parts.join('.*')}$`, 's');
  return models
    .filter(({ name }) => matches.test(name))
    .reduce<Model | undefined>(
      (last, model) => (last === undefined || model.name >= last.name ? model : last),
      undefined,
    );
}
