/**
 * Reduced metrics as the documents of the API.
 *
 * @module
 */
import { toIsoTime } from '../model/iso-time.ts';
import type { MetricSummary } from '../model/metric-summaries.ts';
import type { NamedRunPoint } from '../ports/reported-outputs.ts';
import type { MetricCurve } from '../ports/tasks.ts';
import type { ScalarSummary, SeriesDocument } from '../wire/series.ts';

/** The step that reported a metric; null: the logic. */
export type MetricOwner = Pick<NamedRunPoint, 'call' | 'step'>;

export const ownerOf = (point: MetricOwner | undefined): MetricOwner => ({
  call: point?.call ?? null,
  step: point?.step ?? null,
});

export const scalarDocument = (
  { firstAt: _, lastAt, ...summary }: MetricSummary,
  owner: MetricOwner,
): ScalarSummary => ({ ...summary, ...owner, lastAt: toIsoTime(lastAt) });

export const seriesDocument = (
  { summary, reduced }: MetricCurve,
  owner: MetricOwner,
): SeriesDocument => ({
  ...scalarDocument(summary, owner),
  ...reduced,
  x: [...reduced.x],
  y: [...reduced.y],
  lo: [...reduced.lo],
  hi: [...reduced.hi],
  nonFinite: reduced.nonFinite.map(([x, value]) => [x, value]),
});
