/**
 * Prints the plots of a run, writes them to files, or prints the list of `--json`.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '../launch/errors.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import type { RunId } from '../model/ids.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { MatrixContent, TableContent } from '../model/plot-content.ts';
import { accuracyLine, cellText, matrixTable, tableLines } from '../model/plot-text.ts';
import { ObjectMissingError } from '../ports/objects.ts';
import type { AttemptPlot } from '../ports/tasks.ts';
import { clip, formatCount, formatSize } from '../view/format.ts';
import { hint } from '../view/hints.ts';
import { formatMetric } from '../view/metric-curve.ts';
import { isNamedBy, metricName } from '../view/metric-series.ts';
import { csvField } from '../view/metric-table.ts';
import type { Output } from '../view/output.ts';
import type { ReportSource } from '../view/run-report.ts';
import { plotBytes, plotData, type StepPlots, stepPlots } from '../view/step-plots.ts';
import { showControlsOnLine } from '../view/terminal-text.ts';
import type { StepViewModel } from '../view/view-models.ts';
import type { PrintedPlot } from '../wire/printed.ts';
import type { PlotsCommandOptions } from './option-types.ts';

type Selection = Pick<PlotsCommandOptions, 'plot' | 'attempt' | 'all' | 'output' | 'json'>;

const MAX_LABEL_LENGTH = 200;
const MAX_LISTED_PLOTS = 20;

/** @param steps only these steps; default: all */
export async function printPlots(
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[] | undefined,
  options: Selection,
  output: Output,
): Promise<ExitCode> {
  const files = options.output === undefined ? undefined : new PlotFiles(options.output);
  const selected = selectPlots(source, run, steps, options);
  if (options.json) return await printJson(source, selected, files, output);
  let printed = 0;
  let written = 0;
  let hasImages = false;
  for await (const found of selected) {
    if (files !== undefined)
      for (const plot of found.plots) {
        await files.write(source, found, plot);
        written += 1;
      }
    else
      for (const { plot, last, count } of options.all ? each(found.plots) : lasts(found.plots)) {
        const { bold, dim } = output.colors;
        const name = `${clip(showControlsOnLine(found.label), MAX_LABEL_LENGTH)}  ${showControlsOnLine(metricName(plot))}`;
        const lines = await plotLines(source, plot, output);
        hasImages ||= plot.kind === 'image';
        await output.write(
          `${printed === 0 ? '' : '\n'}${[
            `${bold(name)}  ${dim(
              [
                shapeText(plot),
                `iteration ${formatMetric(plot.iteration)}${last && count > 1 ? `, the last of ${count}` : ''}`,
                ...(found.origin === null ? [] : [found.origin]),
              ].join(', '),
            )}`,
            ...lines,
          ].join('\n')}\n`,
        );
        printed += 1;
      }
  }
  if (files !== undefined) {
    await output.write(
      written === 0
        ? 'no step reported a table, an image or a confusion matrix\n'
        : `${formatCount(written, 'file')} in ${options.output}\n`,
    );
    return EXIT.completed;
  }
  if (printed === 0)
    await output.write('no step reported a table, an image or a confusion matrix\n');
  if (hasImages)
    output.note(
      `images as files: \`${hint(source.hintTarget ?? [], 'runs', 'plots', run, '--output', 'plots')}\``,
    );
  return EXIT.completed;
}

interface Listed {
  readonly plot: AttemptPlot;
  /** It is the last of several iterations. */
  readonly last: boolean;
  readonly count: number;
}

const each = (plots: readonly AttemptPlot[]): readonly Listed[] =>
  plots.map((plot) => ({ plot, last: false, count: 1 }));

/** The last iteration of each kind of plot with one title and series. */
function lasts(plots: readonly AttemptPlot[]): Iterable<Listed> {
  const found = new Map<string, Listed>();
  for (const plot of plots) {
    const key = JSON.stringify([plot.kind, plot.title, plot.series]);
    const known = found.get(key);
    const isLast = known === undefined || plot.iteration >= known.plot.iteration;
    found.set(key, {
      plot: isLast ? plot : known.plot,
      last: true,
      count: (known?.count ?? 0) + 1,
    });
  }
  return found.values();
}

/** The plots that `--plot` and `--attempt` select. @throws NotFoundError if `--plot` selects none */
async function* selectPlots(
  source: ReportSource,
  run: RunId,
  steps: readonly StepViewModel[] | undefined,
  { plot: name, attempt }: Selection,
): AsyncGenerator<StepPlots> {
  const known = new Set<string>();
  let isFound = name === undefined;
  for await (const found of stepPlots(source, run, steps, attempt)) {
    for (const plot of found.plots) known.add(metricName(plot));
    const plots = found.plots.filter((plot) => name === undefined || isNamedBy(plot, name));
    if (plots.length === 0) continue;
    isFound = true;
    yield { ...found, plots };
  }
  if (!isFound)
    throw new NotFoundError(
      known.size === 0
        ? `run ${run} has no plot ${JSON.stringify(name)}: no step reported one`
        : `run ${run} has no plot ${JSON.stringify(name)}; it has ${[...known].slice(0, MAX_LISTED_PLOTS).join(', ')}${known.size > MAX_LISTED_PLOTS ? ', …' : ''}`,
    );
}

const shapeText = ({ kind, format, width, height, size }: AttemptPlot): string => {
  if (kind === 'image') return `${format} image, ${width} × ${height} pixels, ${formatSize(size)}`;
  return kind === 'table'
    ? `table, ${formatCount(height, 'row')}`
    : `confusion matrix, ${formatCount(width, 'label')}`;
};

const REMOVED = 'its content was removed or has expired';
const DAMAGED = 'its content is damaged';

async function plotLines(
  source: ReportSource,
  plot: AttemptPlot,
  { colors, columns }: Output,
): Promise<readonly string[]> {
  if (plot.kind === 'image') return [];
  const data = await orRemoved(plotData(source.objects, plot));
  if (data === REMOVED) return [REMOVED];
  if (data === undefined) return [DAMAGED];
  const options = { show: showControlsOnLine, paintTitle: colors.dim, columns };
  if ('columns' in data) return tableLines(data, options);
  const accuracy = accuracyLine(data);
  return [...tableLines(matrixTable(data), options), ...(accuracy === undefined ? [] : [accuracy])];
}

async function orRemoved<T>(reading: Promise<T>): Promise<T | typeof REMOVED> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ObjectMissingError) return REMOVED;
    throw error;
  }
}

/** The plots with their data, one at a time. */
async function printJson(
  source: ReportSource,
  selected: AsyncIterable<StepPlots>,
  files: PlotFiles | undefined,
  output: Output,
): Promise<ExitCode> {
  let separator = '[';
  for await (const found of selected) {
    const { step, label, origin } = found;
    for (const plot of found.plots) {
      const file = (await files?.write(source, found, plot)) ?? null;
      const data = await orRemoved(plotData(source.objects, plot));
      const { value: _, at, ...record } = plot;
      const document: PrintedPlot = {
        ...record,
        at: toIsoTime(at),
        step: step.name,
        call: step.call,
        label,
        origin,
        data: data === REMOVED ? null : (data ?? null),
        file,
      };
      await output.write(separator + JSON.stringify(document));
      separator = ',';
    }
  }
  await output.write(`${separator === '[' ? '[' : ''}]\n`);
  return EXIT.completed;
}

const EXTENSIONS: Readonly<Record<AttemptPlot['format'], string>> = {
  json: 'csv',
  png: 'png',
  jpeg: 'jpg',
  gif: 'gif',
  webp: 'webp',
};

/** Writes plots to a folder: one folder for each step. Steps decide about names, so they are checked. */
class PlotFiles {
  readonly #folder: string;
  readonly #used = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns the path of the file. @throws NotFoundError */
  async write(source: ReportSource, { step }: StepPlots, plot: AttemptPlot): Promise<string> {
    const what = `plot ${JSON.stringify(metricName(plot))} of step ${step.name}`;
    const content = await orRemoved<Uint8Array | TableContent | MatrixContent | undefined>(
      plot.kind === 'image' ? plotBytes(source.objects, plot) : plotData(source.objects, plot),
    );
    if (content === REMOVED) throw new NotFoundError(`${what}: ${REMOVED}`);
    if (content === undefined) throw new NotFoundError(`${what}: ${DAMAGED}`);
    const path = this.#pathOf(step.name, plot);
    await mkdir(join(this.#folder, segment(step.name)), { recursive: true });
    await writeFile(path, content instanceof Uint8Array ? content : csvText(content));
    return path;
  }

  #pathOf(step: string, { title, series, iteration, format }: AttemptPlot): string {
    const name = [title, series, String(iteration)].map(segment).join('-');
    for (let number = 1; ; number += 1) {
      const suffix = number === 1 ? '' : `-${number}`;
      const path = join(this.#folder, segment(step), `${name}${suffix}.${EXTENSIONS[format]}`);
      // Some file systems ignore case.
      const key = path.toLowerCase();
      if (this.#used.has(key)) continue;
      this.#used.add(key);
      return path;
    }
  }
}

const MAX_SEGMENT_LENGTH = 80;

/** Letters, digits, `.`, `_` and `-`, and no dot at the start: no name leaves its folder. */
const segment = (text: string): string =>
  text
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^\.+/, '_')
    .slice(0, MAX_SEGMENT_LENGTH) || '_';

const csvText = (data: TableContent | MatrixContent): string => {
  const { columns, rows } = 'columns' in data ? data : matrixTable(data);
  return [
    columns.map(({ name }) => csvField(name)),
    ...rows.map((row) =>
      row.map((cell) => (typeof cell === 'string' ? csvField(cell) : cellText(cell))),
    ),
  ]
    .map((cells) => `${cells.join(',')}\n`)
    .join('');
};
