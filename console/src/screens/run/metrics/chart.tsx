import { type ReactNode, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatDuration } from '../../../format/durations.ts';
import { formatMetric } from '../../../format/numbers.ts';
import { formatClock } from '../../../format/times.ts';
import { colorOf, useColorScheme } from '../../../ui/color-scheme.ts';
import { useSettings } from '../../../ui/settings.ts';
import type { ChartColumns } from './smoothing.ts';

export type ChartAxis = 'iteration' | 'relative' | 'time' | 'call';

const HEIGHT = 180;

/** A curve with its raw values and the band of its minima and maxima. */
export function Chart(props: {
  readonly label: string;
  readonly columns: ChartColumns;
  readonly axis: ChartAxis;
  readonly isLogarithmic: boolean;
  readonly hasRaw: boolean;
  readonly hasPoints?: boolean;
  readonly onZoom: (range: { readonly from: number; readonly to: number } | null) => void;
  readonly onClick?: (x: number) => void;
}): ReactNode {
  const { label, columns, axis, isLogarithmic, hasRaw, hasPoints = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const handlers = useRef(props);
  useEffect(() => {
    handlers.current = props;
  });
  const scheme = useColorScheme();
  const { timeZone } = useSettings();
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const ink = colorOf('muted', scheme);
    const accent = colorOf('accent', scheme);
    const xText = (value: number): string =>
      axis === 'relative'
        ? formatDuration(value)
        : axis === 'time'
          ? formatClock(value, timeZone).slice(0, 8)
          : String(value);
    const axisStyle = { stroke: ink, grid: { stroke: colorOf('line', scheme), width: 1 } };
    const hasBand = columns.low.length > 0;
    const chart = new uPlot(
      {
        width: Math.max(200, element.clientWidth),
        height: HEIGHT,
        legend: { show: false },
        cursor: { sync: { key: axis }, drag: { x: true, y: false, setScale: false } },
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
          { stroke: accent, width: 0, points: { show: false } },
          { width: 0, points: { show: false } },
          { stroke: `${accent}55`, width: 1, show: hasRaw, points: { show: false } },
          { stroke: accent, width: hasPoints ? 0 : 1.5, points: { show: hasPoints, size: 4 } },
        ],
        bands: hasBand ? [{ series: [2, 1], fill: `${accent}33` }] : [],
        hooks: {
          setSelect: [
            (plot) => {
              const { left, width } = plot.select;
              if (width < 4) return;
              handlers.current.onZoom({
                from: plot.posToVal(left, 'x'),
                to: plot.posToVal(left + width, 'x'),
              });
              plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          ready: [
            (plot) => {
              plot.over.addEventListener('dblclick', () => handlers.current.onZoom(null));
              plot.over.addEventListener('click', () => {
                const x = plot.data[0][plot.cursor.idx ?? -1];
                if (x !== undefined) handlers.current.onClick?.(x);
              });
            },
          ],
        },
      },
      [
        [...columns.x],
        hasBand ? [...columns.low] : columns.x.map(() => null),
        hasBand ? [...columns.high] : columns.x.map(() => null),
        [...columns.raw],
        [...columns.line],
      ],
      element,
    );
    const observer = new ResizeObserver(() =>
      chart.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [columns, axis, isLogarithmic, hasRaw, hasPoints, scheme, timeZone]);
  return (
    <div ref={host} role="img" aria-label={label} className="min-h-45 w-full overflow-hidden" />
  );
}
