/**
 * Measures the reduction of a metric with 120,000 points to the 600 points of a chart.
 *
 * @module
 */
import type { Point } from '../src/model/artifacts.ts';
import { pointsByMetric } from '../src/model/metric-summaries.ts';
import { curvesOf } from '../src/ports/metric-curves.ts';
import { rounds, type Samples, time } from './harness.ts';

const POINTS = 120_000;

/** As text: points that were just read have names of their own, which are slower to compare. */
function recorded(): string {
  const points = Array.from(
    { length: POINTS },
    (_, iteration): Point => ({
      ...{ title: 'loss', series: 'train', iteration },
      value: iteration % 10_000 === 99 ? 'NaN' : Math.sin(iteration / 1000) + 1 / (iteration + 1),
      at: 1_700_000_000_000 + iteration * 13,
    }),
  );
  return JSON.stringify(points);
}

export async function measureSeries(quick: boolean): Promise<Samples> {
  const text = recorded();
  return await rounds(3, quick ? 3 : 15, async () => {
    const points: Point[] = JSON.parse(text);
    const series = await time(async () => {
      const selection = { from: 0, limit: 1 };
      const { items } = curvesOf(pointsByMetric(points), selection, { x: 'time', points: 600 });
      if (items[0]?.reduced.x.length !== 600) throw new Error('the metric was not reduced');
    });
    return { series };
  });
}
