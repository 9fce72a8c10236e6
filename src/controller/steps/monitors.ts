/**
 * Monitors: metrics, artifacts and models of a step that are also recorded on its run.
 *
 * @module
 */
import type { Model, Point } from '../../model/artifacts.ts';
import { isSuccess, type Step } from '../../model/step.ts';
import type { Turn } from '../turn/turn.ts';

/** The points of monitored metrics, with the names that they have on the run. */
export function monitoredPoints(turn: Turn, step: Step, points: readonly Point[]): Point[] {
  const { monitorMetrics } = turn.declaration(step);
  return points.flatMap((point) =>
    monitorMetrics.flatMap((monitor) => {
      if (typeof monitor === 'string') return monitor === point.title ? [point] : [];
      const [from, to] = typeof monitor[0] === 'string' ? [monitor, monitor] : monitor;
      return from[0] === point.title && from[1] === point.series
        ? [{ ...point, title: String(to[0]), series: String(to[1]) }]
        : [];
    }),
  );
}

/** Copies the monitored artifacts and models of a successful step to the run. */
export function copyMonitoredOutputs(turn: Turn, step: Step): void {
  if (!isSuccess(step.status)) return;
  const { monitorArtifacts, monitorModels } = turn.declaration(step);
  for (const [from, to] of monitorArtifacts.map(toPair)) {
    const artifact = step.artifacts.find(({ name }) => name === from);
    if (artifact !== undefined)
      turn.addRunOutputs({ artifacts: [{ ...artifact, name: to ?? artifact.name }] });
  }
  for (const [from, to] of monitorModels.map(toPair)) {
    const model = selectModel(step.models, from);
    if (model !== undefined) turn.addRunOutputs({ models: [{ ...model, name: to ?? model.name }] });
  }
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

/** Adds items to a list. A new one replaces an earlier one with the same name. */
export function mergeByName<T extends { readonly name: string }>(
  old: readonly T[],
  fresh: readonly T[],
): readonly T[] {
  const byName = new Map(old.map((item) => [item.name, item]));
  for (const item of fresh) byName.set(item.name, item);
  return [...byName.values()];
}
