/**
 * The parts of charts that an address selects.
 *
 * @module
 */
import type { ChartRange } from '../../../charts/line-chart.tsx';
import { listOf, ZOOM } from './metrics-search.ts';

/** The part of a metric's chart that is shown in detail; null: all of it. */
export function zoomOf(zoom: readonly string[] | undefined, metric: string): ChartRange | null {
  for (const text of zoom ?? []) {
    const [, name, from, to] = ZOOM.exec(text) ?? [];
    if (name === metric) return { from: Number(from), to: Number(to) };
  }
  return null;
}

/** Ends of a range need no more digits than a chart has pixels. */
const DIGITS = 8;

/** The parameter with another part of a metric's chart. */
export function withZoom(
  zoom: readonly string[] | undefined,
  metric: string,
  range: ChartRange | null,
): readonly string[] | undefined {
  const others = (zoom ?? []).filter((text) => ZOOM.exec(text)?.[1] !== metric);
  const short = (value: number): number =>
    Math.abs(value) < 1e6 ? Number(value.toPrecision(DIGITS)) : Math.round(value);
  return listOf(
    range === null ? others : [...others, `${metric}@${short(range.from)}~${short(range.to)}`],
  );
}
