/**
 * Metrics as text: numbers, curves of one line, and plots.
 *
 * Values that are all positive and span three orders of magnitude are drawn on a logarithmic scale:
 * on a linear one, a loss that falls from 1000 to 0.1 is a corner. Values that are not finite are
 * not drawn in a plot, and a mark in a curve of one line.
 *
 * @module
 */
import { clip } from './format.ts';
import type { MetricSeries, MetricValue } from './metric-series.ts';
import type { Colors } from './output.ts';
import { showControlsOnLine } from './terminal-text.ts';

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const NOT_FINITE = '×';
const LOGARITHMIC_RATIO = 1000;
const DIGITS = 5;

/** At most five significant digits: `0.12346`, `1.5e-7`, `NaN`. */
export function formatMetric(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return String(Number(value.toPrecision(DIGITS)));
}

interface Scale {
  readonly isLogarithmic: boolean;
  /** From 0 for the lowest to 1 for the highest value. */
  position(value: number): number;
  /** The value at a position. */
  valueAt(position: number): number;
}

function scaleOf(values: readonly number[]): Scale | undefined {
  const finite = values.filter(Number.isFinite);
  const low = finite.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = finite.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (finite.length === 0) return undefined;
  const isLogarithmic = low > 0 && high / low >= LOGARITHMIC_RATIO;
  const [toAxis, fromAxis] = isLogarithmic
    ? [Math.log, Math.exp]
    : [(value: number) => value, (value: number) => value];
  const start = toAxis(low);
  // Halves, because the difference of two finite numbers may be infinite.
  const span = toAxis(high) / 2 - start / 2;
  return {
    isLogarithmic,
    position: (value) => (span === 0 ? 0.5 : (toAxis(value) / 2 - start / 2) / span),
    valueAt: (position) => (span === 0 ? low : fromAxis(start + 2 * span * position)),
  };
}

/** A curve of one line, `▇▅▃▂▁`, of at most `width` characters. */
export function sparkline(curve: readonly MetricValue[], width: number): string {
  const scale = scaleOf(curve.map(({ value }) => value));
  const columns = Math.min(width, curve.length);
  return Array.from({ length: columns }, (_, column) => {
    const part = curve.slice(
      Math.floor((column * curve.length) / columns),
      Math.floor(((column + 1) * curve.length) / columns),
    );
    const finite = part.map(({ value }) => value).filter(Number.isFinite);
    if (scale === undefined || finite.length === 0) return NOT_FINITE;
    const mean = finite.reduce((sum, value) => sum + value / finite.length, 0);
    const level = Math.round(scale.position(mean) * (BARS.length - 1));
    return BARS[Math.max(0, Math.min(BARS.length - 1, level))];
  }).join('');
}

const MARKS = [...'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
const SINGLE_MARK = '•';
const MARK_COLORS = ['green', 'cyan', 'yellow', 'blue', 'red'] as const;
const MIN_PLOT_WIDTH = 10;
const DEFAULT_WIDTH = 80;
const MAX_WIDTH = 160;
const PLOT_HEIGHT = 12;
const AXIS_LABELS = new Set([0, Math.floor(PLOT_HEIGHT / 2), PLOT_HEIGHT - 1]);

/**
 * A plot of one metric: a curve for each step, with a legend. `columns` is the width of the
 * terminal, if there is one.
 */
export function plotLines(
  name: string,
  series: readonly MetricSeries[],
  colors: Colors,
  columns: number = DEFAULT_WIDTH,
): string[] {
  const drawn = series.slice(0, MARKS.length);
  const values = drawn.flatMap(({ curve }) => curve);
  const scale = scaleOf(values.map(({ value }) => value));
  const title = showControlsOnLine(name);
  if (scale === undefined) return [`${title}: no point is a finite number`];
  const labels = Array.from({ length: PLOT_HEIGHT }, (_, row) =>
    AXIS_LABELS.has(row) ? formatMetric(scale.valueAt(1 - row / (PLOT_HEIGHT - 1))) : '',
  );
  const labelWidth = Math.max(...labels.map((label) => label.length));
  const width = Math.max(MIN_PLOT_WIDTH, Math.min(columns, MAX_WIDTH) - labelWidth - 3);
  const first = values.reduce(
    (least, { iteration }) => Math.min(least, iteration),
    Number.POSITIVE_INFINITY,
  );
  const last = values.reduce(
    (most, { iteration }) => Math.max(most, iteration),
    Number.NEGATIVE_INFINITY,
  );
  const grid = Array.from({ length: PLOT_HEIGHT }, () => new Array<string>(width).fill(' '));
  for (const [index, { curve }] of [...drawn.entries()].reverse()) {
    const mark = drawn.length === 1 ? SINGLE_MARK : (MARKS[index] ?? SINGLE_MARK);
    for (const { iteration, value } of curve) {
      if (!Number.isFinite(value)) continue;
      const x = last === first ? 0 : ((iteration - first) / (last - first)) * (width - 1);
      const y = (1 - scale.position(value)) * (PLOT_HEIGHT - 1);
      const row = grid[Math.round(y)];
      if (row !== undefined) row[Math.round(x)] = paintMark(mark, index, colors);
    }
  }
  const [from, to] = [formatMetric(first), formatMetric(last)];
  return [
    `${colors.bold(title)}${scale.isLogarithmic ? ' (logarithmic scale)' : ''}`,
    ...grid.map(
      (row, index) => `${(labels[index] ?? '').padStart(labelWidth)} ┤${row.join('').trimEnd()}`,
    ),
    `${''.padStart(labelWidth)} └${'─'.repeat(width)}`,
    `${''.padStart(labelWidth)}  ${from}${first === last ? '' : to.padStart(Math.max(1, width - from.length))}`,
    ...legendLines(drawn, colors, columns),
    ...(series.length > drawn.length
      ? [colors.dim(`… and ${series.length - drawn.length} more steps`)]
      : []),
  ];
}

const paintMark = (mark: string, index: number, colors: Colors): string =>
  colors[MARK_COLORS[index % MARK_COLORS.length] ?? 'green'](mark);

const legendLines = (drawn: readonly MetricSeries[], colors: Colors, columns: number): string[] =>
  drawn.length === 1 && drawn[0]?.label === null
    ? []
    : drawn.map(
        ({ label }, index) =>
          `  ${paintMark(drawn.length === 1 ? SINGLE_MARK : (MARKS[index] ?? SINGLE_MARK), index, colors)} ${clip(showControlsOnLine(label ?? 'the run'), columns - 4)}`,
      );
