/**
 * The metrics of a run as a table, as CSV, and as the documents of `--json`.
 *
 * @module
 */
import type { Point } from '../model/artifacts.ts';
import { toIsoTime } from '../model/iso-time.ts';
import type { PrintedSeries } from '../wire/printed.ts';
import { clip, formatTable } from './format.ts';
import { formatMetric, sparkline } from './metric-curve.ts';
import {
  type MetricSeries,
  type MetricValue,
  metricName,
  type SeriesPoints,
} from './metric-series.ts';
import type { Colors } from './output.ts';
import { showControlsOnLine } from './terminal-text.ts';

const CURVE_WIDTH = 24;
const MIN_LABEL_WIDTH = 12;
/** The columns of numbers and the curve need about this much of a line. */
const OTHER_COLUMNS_WIDTH = 72;
/** A narrower terminal shows no curves. */
const MIN_WIDTH_WITH_CURVE = 70;

/** @param columns the width of the terminal, if there is one */
export function metricTable(
  series: readonly MetricSeries[],
  colors: Colors,
  columns?: number,
): string[] {
  const labelWidth =
    columns === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(MIN_LABEL_WIDTH, columns - OTHER_COLUMNS_WIDTH);
  const hasCurve = columns === undefined || columns >= MIN_WIDTH_WITH_CURVE;
  const text = (value: string): string => clip(showControlsOnLine(value), labelWidth);
  return formatTable(
    series,
    [
      { title: 'metric', value: (each) => text(metricName(each)) },
      { title: 'step', value: ({ label }) => text(label ?? '(run)') },
      { title: 'last', value: ({ last }) => (last === null ? '–' : formatMetric(last.value)) },
      { title: 'min', value: ({ min }) => valueText(min) },
      { title: 'max', value: ({ max }) => valueText(max) },
      {
        title: 'points',
        value: ({ count, nonFinite }) =>
          nonFinite === 0 ? String(count) : `${count} (${nonFinite} not finite)`,
      },
      ...(hasCurve
        ? [
            {
              title: 'curve',
              value: ({ curve }: MetricSeries) => sparkline(curve, CURVE_WIDTH),
              paint: colors.cyan,
            },
          ]
        : []),
      { title: '', value: ({ origin }) => origin ?? '', paint: colors.dim },
    ],
    colors.dim,
    columns,
  );
}

/** `0.01 @ 29`: the value and its iteration. */
const valueText = (value: MetricValue | null): string =>
  value === null ? '–' : `${formatMetric(value.value)} @ ${formatMetric(value.iteration)}`;

export const CSV_HEADER = 'step,call,arguments,title,series,iteration,value,at';

export function csvLines({ series, points }: SeriesPoints): string[] {
  const { step, call, title, arguments: previews } = series;
  const args = previews.map(({ name, value }) => `${name}=${value}`).join(', ');
  const start = [step ?? '', call === null ? '' : String(call), args, title, series.series]
    .map(csvField)
    .join(',');
  return points.map(
    ({ iteration, value, at }) => `${start},${iteration},${value},${toIsoTime(at)}`,
  );
}

/**
 * Quotes a field where that is necessary (RFC 4180). A text that a spreadsheet would evaluate as a
 * formula is quoted as text.
 */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** The document of one series: its summary and its points. */
export function seriesReport(
  { origin, arguments: previews, ...series }: MetricSeries,
  points: readonly Point[],
): PrintedSeries {
  const { title, label, step, call, component, count, nonFinite } = series;
  return {
    title,
    series: series.series,
    step,
    call,
    component,
    label,
    arguments: [...previews],
    origin,
    count,
    nonFinite,
    last: valueReport(series.last),
    min: valueReport(series.min),
    max: valueReport(series.max),
    points: points.map(({ iteration, value, at }) => ({ iteration, value, at: toIsoTime(at) })),
  };
}

const valueReport = (value: MetricValue | null): PrintedSeries['last'] =>
  value === null
    ? null
    : {
        iteration: value.iteration,
        value: Number.isFinite(value.value)
          ? value.value
          : Number.isNaN(value.value)
            ? 'NaN'
            : value.value > 0
              ? 'Infinity'
              : '-Infinity',
      };
