/**
 * A chart of lines as it is painted on a canvas.
 *
 * @module
 */
import { isDrawable, niceStep, placeOf, type Scale, scaleOf, ticksOf } from './scale.ts';

export interface PlotLine {
  readonly x: readonly number[];
  /** Null, and what is not finite: a gap. */
  readonly y: readonly (number | null)[];
  readonly color: string;
  /** From 0 to 1. */
  readonly opacity: number;
  /** Pixels. */
  readonly width: number;
  readonly dash: readonly number[];
  /** A dot for each point instead of a line. */
  readonly hasPoints: boolean;
  /** The line goes on over gaps. */
  readonly spansGaps: boolean;
}

/** The area between minima and maxima. */
export interface PlotBand {
  readonly x: readonly number[];
  readonly low: readonly (number | null)[];
  readonly high: readonly (number | null)[];
  readonly color: string;
}

export interface Plot {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly PlotLine[];
  readonly band: PlotBand | undefined;
  readonly isLogarithmic: boolean;
  /** The distance of marks of the x axis by their smallest distance. */
  readonly xStep: (distance: number) => number;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  readonly ink: string;
  readonly gridColor: string;
  readonly font: string;
}

/** Pixels around the lines: the texts of the axes. */
export const MARGIN = { left: 62, top: 8, right: 12, bottom: 24 } as const;
const X_DISTANCE = 70;
const Y_DISTANCE = 32;
const Y_MARGIN = 0.05;

/** Marks at whole numbers. */
export const wholeStep = (distance: number): number => Math.max(1, niceStep(distance));

/** The axes of a chart. `y` grows upwards from the bottom of the lines. */
export function axesOf({
  width,
  height,
  lines,
  band,
  isLogarithmic,
}: Pick<Plot, 'width' | 'height' | 'lines' | 'band' | 'isLogarithmic'>): {
  readonly x: Scale;
  readonly y: Scale;
} {
  const bands = band === undefined ? [] : [band.low, band.high];
  return {
    x: scaleOf(
      lines.map(({ x }) => x),
      {
        length: Math.max(1, width - MARGIN.left - MARGIN.right),
        isLogarithmic: false,
        margin: 0,
      },
    ),
    y: scaleOf([...lines.map(({ y }) => y), ...bands], {
      length: Math.max(1, height - MARGIN.top - MARGIN.bottom),
      isLogarithmic,
      margin: Y_MARGIN,
    }),
  };
}

/** What of a canvas's context the chart needs. */
export type PlotContext = Pick<
  CanvasRenderingContext2D,
  | 'arc'
  | 'beginPath'
  | 'clearRect'
  | 'clip'
  | 'fill'
  | 'fillText'
  | 'lineTo'
  | 'moveTo'
  | 'rect'
  | 'restore'
  | 'save'
  | 'setLineDash'
  | 'stroke'
  | 'fillStyle'
  | 'font'
  | 'globalAlpha'
  | 'lineJoin'
  | 'lineWidth'
  | 'strokeStyle'
  | 'textAlign'
  | 'textBaseline'
>;

export function paintPlot(context: PlotContext, plot: Plot): void {
  const { width, height, lines, band, isLogarithmic } = plot;
  const { x, y } = axesOf(plot);
  const bottom = MARGIN.top + y.length;
  const xAt = (value: number): number => MARGIN.left + placeOf(x, value);
  const yAt = (value: number): number => bottom - placeOf(y, value);
  context.clearRect(0, 0, width, height);
  context.font = plot.font;
  context.fillStyle = plot.ink;
  context.strokeStyle = plot.gridColor;
  context.lineWidth = 1;
  context.setLineDash([]);
  context.beginPath();
  context.textAlign = 'center';
  context.textBaseline = 'top';
  for (const tick of ticksOf(x, X_DISTANCE, plot.xStep)) {
    const place = Math.round(xAt(tick)) + 0.5;
    context.moveTo(place, MARGIN.top);
    context.lineTo(place, bottom);
    context.fillText(plot.xText(tick), place, bottom + 6);
  }
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of ticksOf(y, Y_DISTANCE)) {
    const place = Math.round(yAt(tick)) + 0.5;
    context.moveTo(MARGIN.left, place);
    context.lineTo(MARGIN.left + x.length, place);
    context.fillText(plot.yText(tick), MARGIN.left - 8, place);
  }
  context.stroke();
  context.save();
  context.beginPath();
  // Strokes and dots at the borders are wider than their points.
  context.rect(MARGIN.left - 3, MARGIN.top - 3, x.length + 6, y.length + 6);
  context.clip();
  const points = (line: Pick<PlotLine, 'x' | 'y'>, spansGaps: boolean) =>
    partsOf(line, spansGaps, isLogarithmic).map((part) =>
      part.map(([at, value]) => [xAt(at), yAt(value)] as const),
    );
  if (band !== undefined) {
    context.fillStyle = band.color;
    context.globalAlpha = 0.2;
    const high = points({ x: band.x, y: band.high }, false);
    const low = points({ x: band.x, y: band.low }, false);
    for (const [index, part] of high.entries()) {
      context.beginPath();
      follow(context, [...part, ...(low[index] ?? []).toReversed()]);
      context.fill();
    }
  }
  context.lineJoin = 'round';
  for (const line of lines) {
    context.globalAlpha = line.opacity;
    context.strokeStyle = line.color;
    context.fillStyle = line.color;
    context.lineWidth = line.width;
    context.setLineDash([...line.dash]);
    const parts = points(line, line.spansGaps);
    if (!line.hasPoints) {
      context.beginPath();
      for (const part of parts) follow(context, part);
      context.stroke();
    }
    // A point between two gaps has no line.
    for (const part of parts)
      if (line.hasPoints || part.length === 1)
        for (const [px, py] of part) {
          context.beginPath();
          context.arc(px, py, 2, 0, 2 * Math.PI);
          context.fill();
        }
  }
  context.restore();
}

type Point = readonly [x: number, y: number];

function follow(context: PlotContext, points: readonly Point[]): void {
  for (const [index, [x, y]] of points.entries())
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
}

/** The points between gaps. */
function partsOf(
  { x, y }: Pick<PlotLine, 'x' | 'y'>,
  spansGaps: boolean,
  isLogarithmic: boolean,
): readonly (readonly Point[])[] {
  const parts: Point[][] = [[]];
  for (const [index, at] of x.entries()) {
    const value = y[index] ?? null;
    if (value !== null && isDrawable(value, isLogarithmic)) parts.at(-1)?.push([at, value]);
    else if (!spansGaps && parts.at(-1)?.length !== 0) parts.push([]);
  }
  return parts.filter(({ length }) => length > 0);
}
