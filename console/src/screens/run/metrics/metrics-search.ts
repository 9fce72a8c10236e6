/**
 * The search parameters of charts of metrics.
 *
 * @module
 */
import { countOf, oneOf, type SearchParams, textOf, textsOf } from '../../../address/search.ts';

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

/** The name of a metric, and two numbers. */
export const ZOOM = /^(.*)@(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)~(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/su;
