/**
 * The search parameters of charts of metrics.
 *
 * @module
 */
import { countOf, oneOf, type SearchParams, textOf, textsOf } from '../../../address/search.ts';
import type { ChartRange } from '../../../charts/line-chart.tsx';

export const X_AXES = ['iteration', 'relative', 'time'] as const;

export interface MetricsSearch {
  /** The text that names of metrics contain. */
  readonly m?: string | undefined;
  readonly x?: (typeof X_AXES)[number] | undefined;
  /** From 0 to 99, a percentage. */
  readonly smooth?: number | undefined;
  readonly scale?: 'log' | undefined;
  /** Metrics that are shown first. */
  readonly pin?: readonly string[] | undefined;
  /** Parts of charts that are shown in detail, as `<metric>@<from>~<to>`. */
  readonly zoom?: readonly string[] | undefined;
}

/** A list without items is absent, so that the address stays short. */
export const listOf = <T>(items: readonly T[]): readonly T[] | undefined =>
  items.length === 0 ? undefined : items;

export const metricsSearch = (search: SearchParams): MetricsSearch => ({
  m: textOf(search.m),
  x: oneOf(search.x, X_AXES),
  smooth: countOf(search.smooth),
  scale: oneOf(search.scale, ['log'] as const),
  pin: listOf(textsOf(search.pin)),
  zoom: listOf(textsOf(search.zoom).filter((each) => ZOOM.test(each))),
});

const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e[+-]?\d+)?`;
const ZOOM = new RegExp(`^(.*)@(${NUMBER})~(${NUMBER})$`, 'su');

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
