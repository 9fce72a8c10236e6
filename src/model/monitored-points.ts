/**
 * Monitored metrics: the points of a step that are also points of its run, with the names that they
 * have there.
 *
 * @module
 */
import type { Point } from './artifacts.ts';
import type { ComponentDeclaration } from './options.ts';

export function monitoredPoints<P extends Pick<Point, 'title' | 'series'>>(
  { monitorMetrics }: Pick<ComponentDeclaration, 'monitorMetrics'>,
  points: readonly P[],
): P[] {
  return points.flatMap((point) =>
    monitorMetrics.flatMap((monitor) => {
      if (typeof monitor === 'string') return monitor === point.title ? [point] : [];
      const [from, to] = typeof monitor[0] === 'string' ? [monitor, monitor] : monitor;
      return from[0] === point.title && from[1] === point.series
        ? [{ ...point, title: String(to[0]), series: String(to[1]) }]
        : [];
    }),
  );
}
