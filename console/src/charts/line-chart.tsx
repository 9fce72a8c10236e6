import { type PointerEvent, type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { formatClock } from '../format/clock-times.ts';
import { formatDuration } from '../format/durations.ts';
import { formatMetric } from '../format/numbers.ts';
import { timeStep } from '../format/time-steps.ts';
import { colorOf, useColorScheme } from '../ui/color-scheme.ts';
import type { ColorName } from '../ui/palette.ts';
import { useSettings } from '../ui/settings.ts';
import { moveCursor, onCursor } from './cursors.ts';
import { axesOf, MARGIN, type Plot, type PlotLine, paintPlot, wholeStep } from './plot.ts';
import { isDrawable, nearestIndex, placeOf, valueAt } from './scale.ts';

/** The meaning of x: a whole number, milliseconds of a duration, or a time. */
type ChartAxis = 'iteration' | 'relative' | 'time' | 'call';

export interface ChartLine
  extends Pick<PlotLine, 'x' | 'y'>,
    Partial<Omit<PlotLine, 'color' | 'x' | 'y'>> {
  readonly color: ColorName;
  /** Stands before the values of the line, if there are others. */
  readonly name?: string;
}

export interface ChartRange {
  readonly from: number;
  readonly to: number;
}

const DEFAULTS = { opacity: 1, width: 1.5, dash: [], hasPoints: false, spansGaps: false };
/** A shorter movement of the pointer is a click. */
const MIN_DRAG = 4;
const MIN_WIDTH = 160;

/**
 * Lines over an axis. The values at the pointer are shown, and its place in all charts of the page
 * with the same `cursor`. Dragging selects a part, and a double click all.
 */
export function LineChart(props: {
  readonly label: string;
  readonly lines: readonly ChartLine[];
  readonly band?: Omit<NonNullable<Plot['band']>, 'color'> | undefined;
  readonly axis: ChartAxis;
  readonly isLogarithmic: boolean;
  readonly cursor: string;
  /** Pixels. */
  readonly height: number;
  readonly onZoom?: (range: ChartRange | null) => void;
  /** With the x of the nearest point. */
  readonly onClick?: (x: number) => void;
}): ReactNode {
  const { label, lines, band, axis, isLogarithmic, cursor, height, onZoom, onClick } = props;
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [x, setX] = useState<number | null>(null);
  const [pointer, setPointer] = useState<{ readonly x: number; readonly y: number } | null>(null);
  const [dragStart, setDragStart] = useState<number | null>(null);
  const scheme = useColorScheme();
  const { timeZone } = useSettings();
  const plot = useMemo(
    (): Plot => ({
      width,
      height,
      lines: lines.map((line) => ({ ...DEFAULTS, ...line, color: colorOf(line.color, scheme) })),
      band: band && { ...band, color: colorOf('accent', scheme) },
      isLogarithmic,
      xStep: axis === 'relative' || axis === 'time' ? timeStep : wholeStep,
      xText: (value) =>
        axis === 'relative'
          ? formatDuration(value)
          : axis === 'time'
            ? formatClock(value, timeZone).slice(0, 8)
            : String(value),
      yText: formatMetric,
      ink: colorOf('muted', scheme),
      gridColor: colorOf('line', scheme),
      font: '12px system-ui, sans-serif',
    }),
    [width, height, lines, band, isLogarithmic, axis, scheme, timeZone],
  );
  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const measure = () => setWidth(Math.max(MIN_WIDTH, element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (element === null || context === null || context === undefined || width === 0) return;
    const ratio = Math.max(1, devicePixelRatio);
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (plot.lines.length > 0) paintPlot(context, plot);
  }, [plot, width, height]);
  useEffect(() => onCursor(cursor, setX), [cursor]);

  const axes = useMemo(() => axesOf(plot), [plot]);
  const clamped = (place: number): number => Math.min(axes.x.length, Math.max(0, place));
  const placeIn = ({ clientX, clientY }: PointerEvent<HTMLElement>) => {
    const box = host.current?.getBoundingClientRect();
    return {
      x: clamped(clientX - (box?.left ?? 0) - MARGIN.left),
      y: clientY - (box?.top ?? 0) - MARGIN.top,
    };
  };
  const near = pointer === null ? undefined : nearestPoint(axes, lines, pointer);
  const place = x === null ? -1 : placeOf(axes.x, x);
  const selection =
    dragStart === null || pointer === null
      ? undefined
      : { left: Math.min(dragStart, pointer.x), width: Math.abs(pointer.x - dragStart) };
  const onUp = () => {
    setDragStart(null);
    if (selection !== undefined && selection.width >= MIN_DRAG)
      onZoom?.({
        from: valueAt(axes.x, selection.left),
        to: valueAt(axes.x, selection.left + selection.width),
      });
    else if (near !== undefined) onClick?.(near.x);
  };
  return (
    <div
      ref={host}
      role="img"
      aria-label={label}
      className="relative w-full touch-pan-y overflow-hidden select-none"
      style={{ height }}
      onPointerMove={(event) => {
        const next = placeIn(event);
        setPointer(next);
        moveCursor(cursor, valueAt(axes.x, next.x));
      }}
      onPointerLeave={() => {
        setPointer(null);
        setDragStart(null);
        moveCursor(cursor, null);
      }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDragStart(placeIn(event).x);
      }}
      onPointerUp={onUp}
      onDoubleClick={() => onZoom?.(null)}
    >
      <canvas ref={canvas} className="block size-full" />
      {place >= 0 && place <= axes.x.length && (
        <div
          className="pointer-events-none absolute border-l border-dashed border-muted"
          style={{ left: MARGIN.left + place, top: MARGIN.top, height: axes.y.length }}
        />
      )}
      {selection !== undefined && onZoom !== undefined && (
        <div
          className="pointer-events-none absolute bg-accent opacity-20"
          style={{
            left: MARGIN.left + selection.left,
            width: selection.width,
            top: MARGIN.top,
            height: axes.y.length,
          }}
        />
      )}
      {near !== undefined && (
        <div className="pointer-events-none absolute top-1 right-3 max-w-full truncate rounded-sm bg-raised px-1 text-xs">
          {`${near.name === undefined ? '' : `${near.name} · `}${plot.xText(near.x)}: ${formatMetric(near.y)}`}
        </div>
      )}
    </div>
  );
}

interface NearPoint {
  readonly x: number;
  readonly y: number;
  readonly name: string | undefined;
}

/** The point beside the pointer: of each line the nearest one by x, of these the nearest by y. */
function nearestPoint(
  axes: ReturnType<typeof axesOf>,
  lines: readonly ChartLine[],
  pointer: { readonly x: number; readonly y: number },
): NearPoint | undefined {
  const at = valueAt(axes.x, pointer.x);
  let found: NearPoint | undefined;
  let distance = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const index = nearestIndex(line.x, at);
    const x = line.x[index];
    const y = line.y[index] ?? null;
    if (x === undefined || y === null || !isDrawable(y, axes.y.isLogarithmic)) continue;
    const away = Math.abs(axes.y.length - placeOf(axes.y, y) - pointer.y);
    if (away >= distance) continue;
    distance = away;
    found = { x, y, name: line.name };
  }
  return found;
}
