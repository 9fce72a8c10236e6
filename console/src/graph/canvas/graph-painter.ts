/**
 * Paints a picture of a graph: edges in one path, boxes by level of detail, grids of cells.
 *
 * @module
 */
import { formatDuration } from '../../format/durations.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { RunColumns } from '../../live/columns.ts';
import { FAILED, statusOf } from '../../live/statuses.ts';
import { countsText } from '../model/box-counts.ts';
import { BoxQuantiles, durationOf, sparkline } from '../model/box-durations.ts';
import { type Box, edgeLabel, titleOf } from '../model/box-graph.ts';
import { BAR, gridHeight, HEADER, MEMBER, PADDING, SPARKLINE } from '../model/box-sizes.ts';
import { type CellGrid, cellStatuses, gridOf } from '../model/cells.ts';
import { type Bounds, type Viewport, visibleBounds } from '../model/viewport.ts';
import { boundsOf, type Picture } from '../scene.ts';
import { memberBounds, visibleMembers } from './expanded.ts';
import { GLYPHS, type Palette } from './palette.ts';
import { emptyMarks, paintMarks } from './status-marks.ts';
import type { Surface } from './surface.ts';
import { FittedTexts } from './texts.ts';

export interface Frame {
  readonly picture: Picture;
  readonly columns: RunColumns;
  readonly viewport: Viewport;
  readonly palette: Palette;
}

/** Below this scale boxes are plain rectangles. */
export const DETAILED = 0.28;
/** Below this scale no text is legible. */
const LEGIBLE = 0.42;
/** No box is painted smaller than this; a failure is painted larger. */
const SMALLEST = 1.5;
const SMALLEST_FAILURE = 4;

/** The grid of a box on the screen: its place and cells; undefined if the box has none. */
export function gridOnScreen(
  picture: Picture,
  index: number,
  { scale, x, y }: Viewport,
): { readonly grid: CellGrid; readonly x: number; readonly y: number } | undefined {
  const box = picture.graph.boxes[index];
  if (box === undefined || box.members.length < 2 || index === picture.expanded) return undefined;
  const bounds = boundsOf(picture, index);
  const width = (bounds.right - bounds.left - 2 * PADDING - BAR) * scale;
  const height = gridHeight(box.members.length) * scale;
  if (width < 8 || height < 4) return undefined;
  return {
    grid: gridOf(box.members.length, width, height),
    x: Math.round((bounds.left + PADDING + BAR) * scale + x),
    y: Math.round((bounds.top + HEADER) * scale + y),
  };
}

export class GraphPainter {
  readonly #surface: Surface;
  readonly #texts = new FittedTexts();
  #quantiles = new BoxQuantiles();
  #quantilesOf: Picture | undefined;

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  paint(frame: Frame): void {
    this.#surface.clear();
    const { picture, viewport } = frame;
    const visible = visibleBounds(viewport, this.#surface.size);
    this.#paintEdges(frame, visible);
    const boxes: number[] = [];
    const { layout, width, height } = picture;
    for (let box = 0; box < width.length; box++) {
      const [x, y] = [layout.x[box] ?? 0, layout.y[box] ?? 0];
      const [w, h] = [(width[box] ?? 0) / 2, (height[box] ?? 0) / 2];
      if (
        x + w >= visible.left &&
        x - w <= visible.right &&
        y + h >= visible.top &&
        y - h <= visible.bottom
      ) {
        boxes.push(box);
      }
    }
    if (viewport.scale < DETAILED) this.#paintSmall(frame, boxes);
    else this.#paintBoxes(frame, boxes);
    if (viewport.scale >= LEGIBLE) this.#paintLabels(frame, visible);
  }

  /** Paints boxes again in their places; nothing else of the picture changes. */
  repaint(frame: Frame, boxes: Iterable<number>): void {
    const visible = visibleBounds(frame.viewport, this.#surface.size);
    const present = [...boxes].filter((box) => {
      const { left, right, top, bottom } = boundsOf(frame.picture, box);
      return (
        right >= visible.left &&
        left <= visible.right &&
        bottom >= visible.top &&
        top <= visible.bottom
      );
    });
    if (frame.viewport.scale < DETAILED) this.#paintSmall(frame, present);
    else this.#paintBoxes(frame, present);
  }

  #paintEdges({ picture, viewport, palette }: Frame, visible: Bounds): void {
    const { points } = picture.layout;
    const { scale, x, y } = viewport;
    const context = this.#surface.inWorld(scale, x, y);
    const isDown = picture.layout.direction === 'TB';
    context.beginPath();
    for (let at = 0; at < points.length; at += 8) {
      const x1 = points[at] ?? 0;
      const y1 = points[at + 1] ?? 0;
      const x2 = points[at + 2] ?? 0;
      const y2 = points[at + 3] ?? 0;
      const x3 = points[at + 4] ?? 0;
      const y3 = points[at + 5] ?? 0;
      const x4 = points[at + 6] ?? 0;
      const y4 = points[at + 7] ?? 0;
      if (
        Math.max(x1, x2, x3, x4) < visible.left ||
        Math.min(x1, x2, x3, x4) > visible.right ||
        Math.max(y1, y4) < visible.top ||
        Math.min(y1, y4) > visible.bottom
      ) {
        continue;
      }
      tracePath(context, isDown, x1, y1, x2, y2, x3, y3, x4, y4, scale < DETAILED);
    }
    context.strokeStyle = palette.field;
    context.globalAlpha = picture.layout.segmentFrom.length > 4_000 ? 0.35 : 0.75;
    context.lineWidth = Math.max(1.2, 0.6 / scale);
    context.stroke();
    context.globalAlpha = 1;
  }

  /** Rectangles in the colours of statuses, failures last and never too small to see. */
  #paintSmall({ picture, viewport, palette }: Frame, boxes: readonly number[]): void {
    const context = this.#surface.onScreen();
    const marks = emptyMarks();
    for (const box of boxes) {
      const status = picture.counts.statusOf(box);
      const bounds = boundsOf(picture, box);
      const least = status === FAILED ? SMALLEST_FAILURE : SMALLEST;
      marks[status]?.push({
        x: bounds.left * viewport.scale + viewport.x,
        y: bounds.top * viewport.scale + viewport.y,
        width: Math.max(least, (bounds.right - bounds.left) * viewport.scale),
        height: Math.max(least, (bounds.bottom - bounds.top) * viewport.scale),
      });
    }
    context.fillStyle = palette.surface;
    for (const { x, y, width, height } of marks.flat()) context.fillRect(x, y, width, height);
    paintMarks(context, palette, marks);
  }

  #paintBoxes(frame: Frame, boxes: readonly number[]): void {
    const { picture, viewport, palette } = frame;
    const context = this.#surface.inWorld(viewport.scale, viewport.x, viewport.y);
    const outline = (isFailed: boolean) => {
      context.beginPath();
      for (const box of boxes) {
        if (picture.counts.of(box, FAILED) > 0 !== isFailed) continue;
        const { left, top, right, bottom } = boundsOf(picture, box);
        context.roundRect(left, top, right - left, bottom - top, 6);
      }
      context.fillStyle = palette.surface;
      context.fill();
      context.strokeStyle = isFailed ? (palette.fills[FAILED] ?? palette.ink) : palette.line;
      context.lineWidth = isFailed ? 1.5 : 1;
      context.stroke();
    };
    outline(false);
    outline(true);
    const bars = emptyMarks();
    for (const box of boxes) {
      const { left, top, bottom } = boundsOf(picture, box);
      bars[picture.counts.statusOf(box)]?.push({
        x: left + 1.5,
        y: top + 4,
        width: BAR,
        height: bottom - top - 8,
      });
    }
    paintMarks(context, palette, bars);
    if (viewport.scale >= LEGIBLE) for (const box of boxes) this.#paintTexts(frame, box);
    for (const box of boxes) this.#paintCells(frame, box);
    if (boxes.includes(picture.expanded)) this.#paintMembers(frame, picture.expanded);
  }

  #paintTexts(frame: Frame, index: number): void {
    const { picture, columns, palette, viewport } = frame;
    const box = picture.graph.boxes[index];
    if (box === undefined) return;
    const { left, top, right, bottom } = boundsOf(picture, index);
    const context = this.#surface.inWorld(viewport.scale, viewport.x, viewport.y);
    const status = picture.counts.statusOf(index);
    const x = left + PADDING + BAR;
    const width = right - x - PADDING;
    context.textBaseline = 'alphabetic';
    context.fillStyle = palette.texts[status] ?? palette.ink;
    context.font = `12px ${palette.font}`;
    context.textAlign = 'right';
    context.fillText(GLYPHS[status] ?? '', right - PADDING, top + 18);
    context.textAlign = 'left';
    context.font = `600 12px ${palette.font}`;
    context.fillStyle = palette.ink;
    context.fillText(this.#texts.fit(context, titleOf(columns, box), width - 16, 12), x, top + 18);
    context.font = `11px ${palette.font}`;
    context.fillStyle = palette.muted;
    const second =
      box.kind === 'call' ? callText(frame, box.first) : countsText(picture.counts, index);
    context.fillText(this.#texts.fit(context, second, width, 11), x, top + 34);
    if (box.kind === 'call' || index === picture.expanded) return;
    const footer = this.#footerOf(frame, index, box);
    context.fillText(this.#texts.fit(context, footer, width, 11), x, bottom - 8);
    if (box.kind === 'series') this.#paintSparkline(frame, box, { left: x, top, right, bottom });
  }

  #footerOf({ picture, columns }: Frame, index: number, box: Box): string {
    if (this.#quantilesOf !== picture) {
      this.#quantilesOf = picture;
      this.#quantiles = new BoxQuantiles();
    }
    const quantiles = this.#quantiles.of(columns, picture.counts, box, index);
    return quantiles === undefined
      ? ''
      : `p50 ${formatDuration(quantiles.p50)}   p95 ${formatDuration(quantiles.p95)}`;
  }

  #paintSparkline({ columns, palette }: Frame, box: Box, within: Bounds): void {
    const { context } = this.#surface;
    const width = within.right - PADDING - within.left;
    const values = sparkline(columns, box.members, Math.floor(width));
    const most = Math.max(0, ...values.filter((value) => !Number.isNaN(value)));
    if (most === 0) return;
    const base = within.bottom - 22;
    context.strokeStyle = palette.muted;
    context.lineWidth = 1;
    context.beginPath();
    let isOpen = false;
    for (const [index, value] of values.entries()) {
      if (Number.isNaN(value)) {
        isOpen = false;
        continue;
      }
      const x = within.left + (index * width) / Math.max(1, values.length - 1);
      const y = base - (value / most) * (SPARKLINE - 8);
      if (isOpen) context.lineTo(x, y);
      else context.moveTo(x, y);
      isOpen = true;
    }
    context.stroke();
  }

  #paintCells({ picture, columns, viewport, palette }: Frame, index: number): void {
    const place = gridOnScreen(picture, index, viewport);
    const box = picture.graph.boxes[index];
    if (place === undefined || box === undefined) return;
    const { grid } = place;
    const { size } = this.#surface;
    const statuses = cellStatuses(grid, picture.cells.membersOf(index), columns.status);
    const marks = emptyMarks();
    const gap = grid.pitch >= 8 ? 2 : 1;
    const firstRow = Math.max(0, Math.floor(-place.y / grid.pitch));
    const endRow = Math.min(grid.rows, Math.ceil((size.height - place.y) / grid.pitch));
    for (let row = firstRow; row < endRow; row++) {
      const end = Math.min(grid.cells, (row + 1) * grid.columns);
      for (let cell = row * grid.columns; cell < end; cell++) {
        const status = statuses[cell] ?? 0;
        // A failure fills its cell and the gap: it is the largest mark.
        const edge = status === FAILED ? grid.pitch : grid.pitch - gap;
        marks[status]?.push({
          x: place.x + (cell % grid.columns) * grid.pitch,
          y: place.y + row * grid.pitch,
          width: edge,
          height: edge,
        });
      }
    }
    paintMarks(this.#surface.onScreen(), palette, marks);
  }

  /** The members of the expanded box, as far as they are visible. */
  #paintMembers(frame: Frame, index: number): void {
    const { picture, columns, viewport, palette } = frame;
    const box = picture.graph.boxes[index];
    if (box === undefined) return;
    const within = boundsOf(picture, index);
    const visible = visibleBounds(viewport, this.#surface.size);
    const context = this.#surface.inWorld(viewport.scale, viewport.x, viewport.y);
    const members = visibleMembers(within, box.members.length, visible);
    const calls = picture.cells.membersOf(index);
    const bars = emptyMarks();
    context.beginPath();
    for (const member of members) {
      const { left, top } = memberBounds(within, box.members.length, member);
      context.roundRect(left, top, MEMBER.width, MEMBER.height, 4);
      bars[columns.status[calls[member] ?? 0] ?? 0]?.push({
        x: left + 1,
        y: top + 3,
        width: BAR,
        height: MEMBER.height - 6,
      });
    }
    context.fillStyle = palette.raised;
    context.fill();
    paintMarks(context, palette, bars);
    if (viewport.scale < LEGIBLE) return;
    context.font = `11px ${palette.font}`;
    context.textAlign = 'left';
    for (const member of members) {
      const call = calls[member] ?? 0;
      const { left, top } = memberBounds(within, box.members.length, member);
      const status = columns.status[call] ?? 0;
      const text = `${GLYPHS[status] ?? ''} ${visibleText(columns.nameOf(call))}`;
      context.fillStyle = palette.ink;
      context.fillText(
        this.#texts.fit(context, text, MEMBER.width - BAR - 12, 11),
        left + BAR + 6,
        top + 19,
      );
    }
  }

  /** The numbers of calls at both ends of an edge, at its lower end. */
  #paintLabels({ picture, palette, viewport }: Frame, visible: Bounds): void {
    const { graph, layout } = picture;
    if (graph.level === 'calls') return;
    const context = this.#surface.inWorld(viewport.scale, viewport.x, viewport.y);
    context.font = `11px ${palette.font}`;
    context.textAlign = 'center';
    for (let edge = 0; edge < graph.from.length; edge++) {
      const text = edgeLabel(graph, edge);
      const to = graph.to[edge] ?? 0;
      if (text === undefined) continue;
      const { left, right, top, bottom } = boundsOf(picture, to);
      const isDown = layout.direction === 'TB';
      const from = graph.from[edge] ?? 0;
      const lean = isDown
        ? Math.sign((layout.x[from] ?? 0) - (layout.x[to] ?? 0))
        : Math.sign((layout.y[from] ?? 0) - (layout.y[to] ?? 0));
      const x = isDown ? (left + right) / 2 + lean * 34 : left - 38;
      const y = isDown ? top - 10 : (top + bottom) / 2 + lean * 14 - 8;
      if (x < visible.left || x > visible.right || y < visible.top || y > visible.bottom) continue;
      const width = context.measureText(text).width + 8;
      context.fillStyle = palette.bg;
      context.fillRect(x - width / 2, y - 10, width, 14);
      context.fillStyle = palette.muted;
      context.fillText(text, x, y);
    }
    context.textAlign = 'left';
  }
}

function callText({ columns }: Frame, call: number): string {
  const duration = durationOf(columns, call);
  const attempts = columns.attempts[call] ?? 0;
  const parts = [
    statusOf(columns.status[call] ?? 0),
    duration === undefined ? '' : formatDuration(duration),
  ];
  if (attempts > 1) parts.push(`attempt ${attempts}`);
  return parts.filter((part) => part !== '').join(' · ');
}

/** A segment as lines and a curve; as lines alone where curves would not be visible. */
export function tracePath(
  context: CanvasRenderingContext2D,
  isDown: boolean,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  x3: number,
  y3: number,
  x4: number,
  y4: number,
  isPlain: boolean,
): void {
  context.moveTo(x1, y1);
  if (isPlain) {
    context.lineTo(x2, y2);
    context.lineTo(x3, y3);
    context.lineTo(x4, y4);
    return;
  }
  if (x1 !== x2 || y1 !== y2) context.lineTo(x2, y2);
  if (isDown) {
    const middle = (y2 + y3) / 2;
    context.bezierCurveTo(x2, middle, x3, middle, x3, y3);
  } else {
    const middle = (x2 + x3) / 2;
    context.bezierCurveTo(middle, y2, middle, y3, x3, y3);
  }
  if (x3 !== x4 || y3 !== y4) context.lineTo(x4, y4);
}
