/**
 * The plots of a run for programs.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';
import type { RunId } from '../model/ids.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { TableContent } from '../model/plot-content.ts';
import type { AttemptPlot } from '../ports/tasks.ts';
import { metricName } from '../view/metric-series.ts';
import { type ReportSource, stepPages } from '../view/run-report.ts';
import { plotBytes, plotData, stepPlots } from '../view/step-plots.ts';
import type { StepViewModel } from '../view/view-models.ts';
import type { Backend } from './backend.ts';
import type { Plot, PlotTable } from './types.ts';

/** @param step the name of a step; undefined: all steps */
export async function readPlots(
  backend: Backend,
  run: RunId,
  step?: string,
  attempt?: number,
): Promise<readonly Plot[]> {
  const source = await backend.source();
  const found: Plot[] = [];
  const selected = step === undefined ? undefined : await stepNamed(source, run, step);
  for await (const { step: owner, plots } of stepPlots(source, run, selected, attempt))
    found.push(...plots.map((plot) => toPlot(source, owner.name, plot)));
  return found;
}

async function stepNamed(
  source: ReportSource,
  run: RunId,
  name: string,
): Promise<readonly StepViewModel[]> {
  for await (const steps of stepPages(source.queries, run))
    for (const step of steps) if (step.name === name) return [step];
  return [];
}

function toPlot({ objects }: ReportSource, step: string, plot: AttemptPlot): Plot {
  const { kind, title, series, iteration, attempt, format, width, height, at } = plot;
  const fail = (what: string): never => {
    throw new NotFoundError(`plot ${JSON.stringify(metricName(plot))} of step ${step} ${what}`);
  };
  const data = async () => (await plotData(objects, plot)) ?? fail('has damaged content');
  return {
    kind,
    title,
    series,
    iteration,
    step,
    attempt,
    format,
    width,
    height,
    at: toIsoTime(at),
    table: async () => {
      if (kind !== 'table') return fail(`is not a table: it is ${NOUNS[kind]}`);
      const table = await data();
      return 'columns' in table ? toTable(table) : fail('has damaged content');
    },
    confusionMatrix: async () => {
      if (kind !== 'confusionMatrix')
        return fail(`is not a confusion matrix: it is ${NOUNS[kind]}`);
      const matrix = await data();
      return 'labels' in matrix ? matrix : fail('has damaged content');
    },
    bytes: async () => await plotBytes(objects, plot),
  };
}

const NOUNS = {
  table: 'a table',
  image: 'an image',
  confusionMatrix: 'a confusion matrix',
} as const;

/** JSON has no numbers like `NaN`: the content has texts in their place. */
const toTable = ({ columns, rows }: TableContent): PlotTable => ({
  columns,
  rows: rows.map((row) =>
    row.map((cell, index) =>
      columns[index]?.type === 'number' && typeof cell === 'string' ? Number(cell) : cell,
    ),
  ),
});
