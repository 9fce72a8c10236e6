/**
 * Prints the metrics of a run: as a table with plots, as CSV, or as the list of `--json`.
 *
 * @module
 */
import { NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { RunId } from '../model/ids.ts';
import { formatMetric, plotLines } from '../view/metric-curve.ts';
import {
  isNamedBy,
  type MetricSeries,
  metricName,
  ranked,
  type SeriesPoints,
  seriesPoints,
  toSeries,
} from '../view/metric-series.ts';
import { CSV_HEADER, csvLines, metricTable, seriesReport } from '../view/metric-table.ts';
import type { Output } from '../view/output.ts';
import type { ReportSource } from '../view/run-report.ts';
import type { StepViewModel } from '../view/view-models.ts';
import type { MetricsCommandOptions } from './option-types.ts';

type Selection = Pick<MetricsCommandOptions, 'metric' | 'sort' | 'by' | 'plot' | 'csv' | 'json'>;

const MAX_LISTED_METRICS = 20;

/** @param steps only these steps; default: all, and the run itself */
export async function printMetrics(
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[] | undefined,
  options: Selection,
  output: Output,
): Promise<ExitCode> {
  const selected = selectMetrics(source, run, steps, options);
  if (options.csv) return await printCsv(selected, output);
  if (options.json) return await printJson(selected, options, output);
  const series: MetricSeries[] = [];
  for await (const points of selected) series.push(toSeries(points));
  if (series.length === 0) {
    await output.write('no step reported a metric\n');
    return EXIT.completed;
  }
  const sorted = options.sort === undefined ? series : ranked(series, options.by);
  const lines = metricTable(sorted, output.colors, output.columns);
  const byName = new Map<string, MetricSeries[]>();
  for (const each of sorted)
    byName.set(metricName(each), [...(byName.get(metricName(each)) ?? []), each]);
  if (options.plot || byName.size === 1)
    for (const [name, curves] of byName)
      lines.push('', ...plotLines(name, curves, output.colors, output.columns));
  if (options.sort !== undefined) lines.push('', bestLine(sorted, options.by));
  await output.write(`${lines.join('\n')}\n`);
  return EXIT.completed;
}

/** `best: train_3[lr=0.1], loss/train 0.02 at iteration 29`. */
function bestLine([best]: readonly MetricSeries[], by: Selection['by']): string {
  const value = best?.[by] ?? null;
  return best === undefined || value === null || !Number.isFinite(value.value)
    ? 'best: no step has a finite value'
    : `best: ${best.label ?? 'the run'}, ${metricName(best)} ${formatMetric(value.value)} at iteration ${formatMetric(value.iteration)}`;
}

/** The series that `--metric` and `--sort` select. @throws NotFoundError if they select none */
async function* selectMetrics(
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[] | undefined,
  { metric, sort }: Selection,
): AsyncGenerator<SeriesPoints> {
  const names = [metric, sort].filter((name) => name !== undefined);
  const known = new Set<string>();
  let found = names.length === 0;
  for await (const points of seriesPoints(source, run, steps)) {
    known.add(metricName(points.series));
    if (!names.every((name) => isNamedBy(points.series, name))) continue;
    found = true;
    yield points;
  }
  if (!found)
    throw new NotFoundError(
      known.size === 0
        ? `run ${run} has no metric ${JSON.stringify(names[0])}: no step reported a metric`
        : `run ${run} has no metric ${names.map((name) => JSON.stringify(name)).join(' and ')}; it has ${[...known].slice(0, MAX_LISTED_METRICS).join(', ')}${known.size > MAX_LISTED_METRICS ? ', …' : ''}`,
    );
}

async function printCsv(selected: AsyncIterable<SeriesPoints>, output: Output): Promise<ExitCode> {
  await output.write(`${CSV_HEADER}\n`);
  for await (const points of selected)
    for (const line of csvLines(points)) await output.write(`${line}\n`);
  return EXIT.completed;
}

/** The series with their points, one at a time; sorted ones are all in memory. */
async function printJson(
  selected: AsyncIterable<SeriesPoints>,
  { sort, by }: Selection,
  output: Output,
): Promise<ExitCode> {
  let separator = '[';
  const write = async (series: MetricSeries, points: SeriesPoints['points']): Promise<void> => {
    await output.write(separator + JSON.stringify(seriesReport(series, points)));
    separator = ',';
  };
  const all = new Map<MetricSeries, SeriesPoints['points']>();
  for await (const points of selected) {
    const series = toSeries(points);
    if (sort === undefined) await write(series, points.points);
    else all.set(series, points.points);
  }
  for (const series of ranked([...all.keys()], by)) await write(series, all.get(series) ?? []);
  await output.write(`${separator === '[' ? '[' : ''}]\n`);
  return EXIT.completed;
}
