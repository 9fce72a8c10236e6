import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDuration } from '../format/durations.ts';
import { formatMetric } from '../format/numbers.ts';
import { colorOf, useColorScheme } from '../ui/color-scheme.ts';
import type { LineStyle } from './line-styles.ts';

export interface OverlayLine {
  readonly id: string;
  readonly style: LineStyle;
  readonly x: readonly number[];
  readonly y: readonly number[];
}

const HEIGHT = 200;
const MIN_WIDTH = 200;

/** One metric of several runs as lines over the same axis. */
export function OverlayChart(props: {
  readonly label: string;
  readonly lines: readonly OverlayLine[];
  readonly axis: 'iteration' | 'relative';
  readonly isLogarithmic: boolean;
}): ReactNode {
  const { label, lines, axis, isLogarithmic } = props;
  const host = useRef<HTMLDivElement>(null);
  const scheme = useColorScheme();
  useEffect(() => {
    const element = host.current;
    if (element === null || lines.length === 0) return;
    const axisStyle = {
      stroke: colorOf('muted', scheme),
      grid: { stroke: colorOf('line', scheme), width: 1 },
    };
    const xText = (value: number): string =>
      axis === 'relative' ? formatDuration(value) : String(value);
    const chart = new uPlot(
      {
        width: Math.max(MIN_WIDTH, element.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { sync: { key: `compare-${axis}` } },
        scales: { x: { time: false }, y: { distr: isLogarithmic ? 3 : 1 } },
        axes: [
          { ...axisStyle, values: (_, values) => values.map(xText), size: 28 },
          {
            ...axisStyle,
            values: (_, values) => values.map((each) => (each === null ? '' : formatMetric(each))),
            size: 62,
          },
        ],
        series: [
          {},
          ...lines.map(({ style }) => ({
            stroke: colorOf(style.color, scheme),
            width: 1.5,
            dash: [...style.dash],
            spanGaps: true,
            points: { show: false },
          })),
        ],
      },
      uPlot.join(lines.map(({ x, y }) => [[...x], [...y]])),
      element,
    );
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(MIN_WIDTH, element.clientWidth), height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [lines, axis, isLogarithmic, scheme]);
  return (
    <div ref={host} role="img" aria-label={label} className="min-h-50 w-full overflow-hidden" />
  );
}
