/**
 * What the steps of a run in memory reported. An unknown run has no reports.
 *
 * @module
 */
import type { Report } from '../../src/model/artifacts.ts';
import { pointPageOf } from '../../src/ports/metric-curves.ts';
import type { AttemptPlot, AttemptText, PointPage, PointPosition } from '../../src/ports/tasks.ts';
import type { MemoryRun } from './memory-run.ts';

type Reporter = MemoryRun | undefined;

const lastAttemptOf = (run: Reporter, call: number): number | undefined =>
  run?.steps.get(call)?.attempts.at(-1)?.number;

export function pointsOf(run: Reporter, call: number): Report['points'] {
  const attempt = lastAttemptOf(run, call);
  return (run?.reportsOf(call) ?? [])
    .filter((report) => report.attempt === attempt)
    .flatMap((report) => report.points);
}

export function pointPageIn(
  run: Reporter,
  call: number,
  from: PointPosition | null,
  limit: number,
): PointPage {
  const attempt = from?.attempt ?? lastAttemptOf(run, call);
  if (run === undefined || attempt === undefined) return { points: [], next: null };
  const reports = run
    .reportsOf(call)
    .filter((report) => report.attempt === attempt && report.sequence >= (from?.sequence ?? 0));
  return pointPageOf(attempt, reports, from, limit);
}

export const textsOf = (run: Reporter, call: number): readonly AttemptText[] =>
  (run?.reportsOf(call) ?? []).flatMap(({ attempt, texts }) =>
    texts.map((text) => ({ ...text, attempt })),
  );

export const plotsOf = (run: Reporter, call: number): readonly AttemptPlot[] =>
  (run?.reportsOf(call) ?? []).flatMap(({ attempt, plots = [] }) =>
    plots.map((plot) => ({ ...plot, attempt })),
  );
