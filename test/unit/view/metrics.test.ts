import { describe, expect, it } from 'vitest';
import type { Point } from '../../../src/model/artifacts.ts';
import { formatMetric, plotLines, sparkline } from '../../../src/view/metric-curve.ts';
import {
  type MetricSeries,
  ranked,
  seriesPoints,
  toSeries,
} from '../../../src/view/metric-series.ts';
import { csvLines, metricTable } from '../../../src/view/metric-table.ts';
import { createColors } from '../../../src/view/terminal-text.ts';
import { aCompletedStep, anAttempt, aReport, runId } from '../../conformance/records.ts';
import { aHome } from '../cli/recorded.ts';

const plain = createColors(false);

const aPoint = (value: Point['value'], iteration: number, title = 'loss'): Point => ({
  title,
  series: 'train',
  iteration,
  value,
  at: 0,
});

const aSeries = (values: readonly Point['value'][], label: string | null = 'train'): MetricSeries =>
  toSeries({
    series: {
      title: 'loss',
      series: 'train',
      label,
      step: label,
      call: 0,
      component: 'train',
      arguments: [{ name: 'lr', value: '0.1' }],
      origin: null,
    },
    points: values.map((value, iteration) => aPoint(value, iteration)),
  });

describe('a series', () => {
  it('has its last, lowest and highest value with their iterations, whatever the order of reporting', () => {
    const points = [aPoint(3, 2), aPoint(1, 0), aPoint(5, 1)];
    const { series } = { series: aSeries([]) };
    expect(toSeries({ series, points })).toMatchObject({
      count: 3,
      last: { iteration: 2, value: 3 },
      min: { iteration: 0, value: 1 },
      max: { iteration: 1, value: 5 },
      curve: [{ iteration: 0 }, { iteration: 1 }, { iteration: 2 }],
    });
  });

  it('values that are not finite are counted, and are neither the lowest nor the highest', () => {
    expect(aSeries([1, 'NaN', 'Infinity', '-Infinity'])).toMatchObject({
      nonFinite: 3,
      min: { value: 1 },
      max: { value: 1 },
      last: { iteration: 3, value: Number.NEGATIVE_INFINITY },
    });
    expect(aSeries(['NaN'])).toMatchObject({ min: null, max: null });
  });

  it('a long series keeps its extremes in a bounded curve', () => {
    const values = Array.from({ length: 100_000 }, (_, i) => (i === 77_777 ? 1e6 : i % 10));
    const { curve, count } = aSeries(values);
    expect(count).toBe(100_000);
    expect(curve.length).toBeLessThanOrEqual(1000);
    expect(curve.some(({ value }) => value === 1e6)).toBe(true);
  });

  it('the best is first: the lowest minimum or the highest maximum; one without a value is last', () => {
    const all = [aSeries(['NaN'], 'none'), aSeries([3, 9], 'high'), aSeries([1, 2], 'low')];
    const labels = (by: 'min' | 'max' | 'last') => ranked(all, by).map(({ label }) => label);
    expect(labels('min')).toEqual(['low', 'high', 'none']);
    expect(labels('max')).toEqual(['high', 'low', 'none']);
    expect(labels('last')).toEqual(['low', 'high', 'none']);
  });
});

describe('curves', () => {
  it('a line falls with its values, and marks what is not finite', () => {
    expect(sparkline(aSeries([8, 6, 4, 'NaN', 1]).curve, 20)).toBe('█▆▄×▁');
    expect(sparkline(aSeries(['NaN']).curve, 20)).toBe('×');
    expect(sparkline(aSeries([5, 5]).curve, 20)).toHaveLength(2);
    expect(sparkline(aSeries(Array.from({ length: 500 }, (_, i) => i)).curve, 20)).toHaveLength(20);
  });

  it('values over three orders of magnitude are drawn on a logarithmic scale', () => {
    expect(sparkline(aSeries([1000, 100, 10, 1]).curve, 4)).toBe('█▆▃▁');
    expect(plotLines('loss', [aSeries([1000, 1])], plain)[0]).toBe('loss (logarithmic scale)');
    expect(plotLines('loss', [aSeries([1000, 0])], plain)[0]).toBe('loss');
  });

  it('a plot fits the terminal, has a mark for each step, and a legend', () => {
    for (const columns of [20, 40, 80, 200]) {
      const lines = plotLines(
        'loss',
        [aSeries([3, 2, 1], 'a[lr=1]'), aSeries([5, 5, 5], 'b')],
        plain,
        columns,
      );
      const width = Math.max(...lines.map((line) => line.length));
      expect(width, `${columns} columns`).toBeLessThanOrEqual(Math.max(20, columns));
      expect(lines.at(-2)).toBe('  a a[lr=1]');
      expect(lines.at(-1)).toBe('  b b');
    }
  });

  it('extreme values, equal values and no finite value can be plotted', () => {
    for (const values of [[Number.MAX_VALUE, -Number.MAX_VALUE], [5e-324, 1e308], [1, 1], [0]])
      expect(plotLines('m', [aSeries(values)], plain).join('\n')).toContain('•');
    expect(plotLines('m', [aSeries(['NaN'])], plain)).toEqual(['m: no point is a finite number']);
  });

  it('numbers have at most five significant digits', () => {
    expect([0.123456789, 1e-7, 123456, Number.NaN, -0].map(formatMetric)).toEqual([
      '0.12346',
      '1e-7',
      '123460',
      'NaN',
      '0',
    ]);
  });
});

describe('the table of metrics', () => {
  it('a narrow terminal has no curves, and cuts names', () => {
    const series = [aSeries([1, 2], `train_${'x'.repeat(100)}`)];
    expect(metricTable(series, plain)[0]).toContain('curve');
    const narrow = metricTable(series, plain, 60);
    expect(narrow[0]).not.toContain('curve');
    expect(Math.max(...narrow.map((line) => line.length))).toBeLessThan(70);
  });

  it('control characters in names are shown as text', () => {
    expect(metricTable([aSeries([1], 'a\u001b[2Jb')], plain).join('\n')).not.toContain('\u001b');
    expect(plotLines('a\u001b[2Jb', [aSeries([1])], plain).join('\n')).not.toContain('\u001b');
  });

  it('CSV quotes fields, and no field is a formula', () => {
    const points = [aPoint('NaN', 0)];
    const { curve: _, ...series } = aSeries([], '=cmd|"x",y');
    expect(csvLines({ series, points })).toEqual([
      `"'=cmd|""x"",y",0,lr=0.1,loss,train,0,NaN,1970-01-01T00:00:00.000Z`,
    ]);
  });
});

describe('the series of a run', () => {
  it('each call of a fan-out has its own series with its arguments, and a monitored metric is listed once', async () => {
    const { record, source } = aHome();
    const steps = [0, 1].map((call) =>
      aCompletedStep(call, {
        name: call === 0 ? 'train' : 'train_1',
        component: 'train',
        arguments: [{ name: 'lr', value: `0.${call + 1}` }],
        attempts: [anAttempt(1)],
      }),
    );
    await record(
      runId(1),
      {},
      {
        created: steps,
        reports: [0, 1].map((call) => aReport(call, 1, 0, [call])),
        runReports: [
          { id: '0.0.1.0', points: [aPoint(0, 0), aPoint(0, 0, 'renamed')] },
          { id: 'logic.0.1', points: [aPoint(7, 0)] },
        ],
      },
      { status: 'completed', callCount: 2 },
    );
    const found: unknown[] = [];
    for await (const { series, points } of seriesPoints(source, runId(1)))
      found.push([series.label, series.title, points.map(({ value }) => value)]);
    expect(found).toEqual([
      ['train[lr=0.1]', 'loss', [0]],
      ['train_1[lr=0.2]', 'loss', [1]],
      ['train', 'renamed', [0]],
      [null, 'loss', [7]],
    ]);
  });
});
