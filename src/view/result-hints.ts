/**
 * The commands to use after a completed run: to compare its metrics, and to keep a model of it.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import { type HintTarget, hint } from './hints.ts';
import { metricName } from './metric-series.ts';
import type { ReportSource } from './run-report.ts';
import type { StepViewModel } from './view-models.ts';

/** The calls of a component that have a result. */
export interface ComponentResults {
  readonly component: string;
  readonly count: number;
  readonly last: StepViewModel;
}

/** Steps of more components are not read. */
const MAX_SAMPLED_COMPONENTS = 4;

/**
 * Names the command for the metrics of a run; undefined if the sampled steps reported none. The
 * component with the most calls is named first, of several the last one: it evaluates the others.
 */
export async function metricsHint(
  { reported, hintTarget }: Pick<ReportSource, 'reported' | 'hintTarget'>,
  run: RunId,
  results: readonly ComponentResults[],
): Promise<string | undefined> {
  const sampled = results.toReversed().sort((a, b) => b.count - a.count);
  for (const { component, count, last } of sampled.slice(0, MAX_SAMPLED_COMPONENTS)) {
    const point = await reported.firstPoint(run, last);
    if (point === undefined) continue;
    return count === 1
      ? `show its metrics: ${hint(hintTarget, 'runs', 'metrics', run)}`
      : `find the best of the ${count} calls of ${component} (lowest first; with --by max, highest first): ${hint(hintTarget, 'runs', 'metrics', run, '--sort', metricName(point))}`;
  }
  return undefined;
}

/** Names the command that keeps a model of the run; without one, a model of a step. */
export function publishHint(
  target: HintTarget | undefined,
  run: RunId,
  ofRun: { readonly name: string } | undefined,
  ofStep: StepViewModel | undefined,
): string | undefined {
  const model = ofRun ?? ofStep?.models[0];
  if (model === undefined) return undefined;
  const step = ofRun === undefined && ofStep !== undefined ? ['--step', ofStep.name] : [];
  return `keep a model when the run is removed: ${hint(target, 'models', 'publish', run, model.name, ...step)}`;
}
