import { describe, expect, test } from 'vitest';
import {
  axesOf,
  MARGIN,
  type Plot,
  type PlotContext,
  type PlotLine,
  paintPlot,
  wholeStep,
} from '../../../../console/src/charts/plot.ts';

/** Records what is painted. */
function recorder() {
  const calls: (readonly [name: string, ...args: readonly unknown[]])[] = [];
  const record =
    (name: string) =>
    (...args: readonly unknown[]) => {
      calls.push([name, ...args]);
    };
  const context: PlotContext = {
    arc: record('arc'),
    beginPath: record('beginPath'),
    clearRect: record('clearRect'),
    clip: record('clip'),
    fill: record('fill'),
    fillText: record('fillText'),
    lineTo: record('lineTo'),
    moveTo: record('moveTo'),
    rect: record('rect'),
    restore: record('restore'),
    save: record('save'),
    setLineDash: record('setLineDash'),
    stroke: record('stroke'),
    fillStyle: '',
    font: '',
    globalAlpha: 1,
    lineJoin: 'miter',
    lineWidth: 1,
    strokeStyle: '',
    textAlign: 'start',
    textBaseline: 'alphabetic',
  };
  /** The calls after the axes were painted. */
  const inside = () => calls.slice(calls.findIndex(([name]) => name === 'clip') + 1);
  return { context, calls, inside };
}

const line = (y: PlotLine['y'], more: Partial<PlotLine> = {}): PlotLine => ({
  x: y.map((_, index) => index),
  y,
  color: '#123456',
  opacity: 1,
  width: 1,
  dash: [],
  hasPoints: false,
  spansGaps: false,
  ...more,
});

const plot = (more: Partial<Plot>): Plot => ({
  width: 374,
  height: 132,
  lines: [],
  band: undefined,
  isLogarithmic: false,
  xStep: wholeStep,
  xText: (value) => `x${value}`,
  yText: (value) => `y${value}`,
  ink: '#000',
  gridColor: '#ccc',
  font: '12px sans-serif',
  ...more,
});

const count = (calls: readonly (readonly unknown[])[], name: string): number =>
  calls.filter(([each]) => each === name).length;

describe('a chart', () => {
  test('paints one path from the left border to the right one', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ lines: [line([1, 5, 3])] }));
    const path = inside().filter(([name]) => name === 'moveTo' || name === 'lineTo');
    expect(path.map(([name, x]) => [name, x])).toEqual([
      ['moveTo', MARGIN.left],
      ['lineTo', MARGIN.left + 150],
      ['lineTo', MARGIN.left + 300],
    ]);
    const heights = path.map(([, , y]) => Number(y));
    expect(heights[1]).toBeLessThan(heights[2] ?? 0);
    expect(heights[2]).toBeLessThan(heights[0] ?? 0);
  });

  test('leaves gaps, and shows a point between two of them as a dot', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ lines: [line([1, 2, null, 4, Number.NaN, 6, 7])] }));
    expect(count(inside(), 'moveTo')).toBe(3);
    expect(count(inside(), 'arc')).toBe(1);
  });

  test('goes on over gaps where the line spans them', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ lines: [line([1, null, 3, 4], { spansGaps: true })] }));
    expect(count(inside(), 'moveTo')).toBe(1);
    expect(count(inside(), 'lineTo')).toBe(2);
  });

  test('on a logarithmic axis a value that is not positive is a gap', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ isLogarithmic: true, lines: [line([1, 10, 0, 100, 1_000])] }));
    expect(count(inside(), 'moveTo')).toBe(2);
  });

  test('paints each point as a dot without lines', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ lines: [line([1, 2, 3], { hasPoints: true })] }));
    expect(count(inside(), 'arc')).toBe(3);
    expect(count(inside(), 'stroke')).toBe(0);
  });

  test('fills the area between minima and maxima, which the axis contains', () => {
    const { context, inside } = recorder();
    const shown = plot({
      lines: [line([2, 3])],
      band: { x: [0, 1], low: [-10, 0], high: [20, 30], color: '#f00' },
    });
    paintPlot(context, shown);
    expect(axesOf(shown).y.from).toBeLessThanOrEqual(-10);
    expect(axesOf(shown).y.to).toBeGreaterThanOrEqual(30);
    expect(count(inside(), 'fill')).toBe(1);
  });

  test('names whole numbers of an axis of iterations', () => {
    const { context, calls } = recorder();
    paintPlot(context, plot({ lines: [line([1, 2, 3])] }));
    const texts = calls.filter(([name]) => name === 'fillText').map(([, text]) => text);
    expect(texts.slice(0, 3)).toEqual(['x0', 'x1', 'x2']);
  });

  test('paints axes without any point', () => {
    const { context, inside } = recorder();
    paintPlot(context, plot({ lines: [line([])] }));
    expect(count(inside(), 'moveTo')).toBe(0);
  });
});
