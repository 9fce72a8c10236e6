/**
 * Paints the bars, the axis and the overview of a timeline.
 *
 * @module
 */
import { formatDuration } from '../../format/durations.ts';
import { NO_TIME, type RunColumns } from '../../live/columns.ts';
import { ABORTED, COMPLETED, FAILED, RUNNING, STATUSES } from '../../live/statuses.ts';
import type { Range } from '../model/timeline/range.ts';
import type { GroupRow, TimelineRow } from '../model/timeline/rows.ts';
import { type Span, segmentsOf } from '../model/timeline/spans.ts';
import { ticksOf } from '../model/timeline/ticks.ts';
import type { Timeline } from '../model/timeline/timeline.ts';
import type { Palette } from './palette.ts';
import { emptyMarks, type Mark, paintMarks } from './status-marks.ts';
import type { Surface } from './surface.ts';

export const ROW_HEIGHT = 24;
const BAR_HEIGHT = 12;
const BAR_TOP = (ROW_HEIGHT - BAR_HEIGHT) / 2;
/** No bar is narrower. */
const MIN_BAR = 2;
const TICK_DISTANCE = 84;
const OVERVIEW_HEIGHT = 34;
/** Half the width in which an edge of the brush is grabbed. */
export const GRIP = 6;

export interface TimelineFrame {
  readonly timeline: Timeline;
  readonly columns: RunColumns;
  readonly range: Range;
  readonly palette: Palette;
  readonly selected: number | undefined;
  readonly showsCritical: boolean;
}

/** The place of a time on the canvas. */
export function xOf({ timeline, range }: TimelineFrame, time: number, width: number): number {
  return ((timeline.scale.placeOf(time) - range.from) / (range.to - range.from)) * width;
}

/** Paints rows `first` to before `end`; row `first` is at `top`. */
export function paintRows(
  surface: Surface,
  frame: TimelineFrame,
  first: number,
  end: number,
  top: number,
): void {
  surface.clear();
  const context = surface.onScreen();
  const { width, height } = surface.size;
  paintGrid(surface, frame, height);
  const marks = emptyMarks();
  const queues: Mark[] = [];
  const critical: Mark[] = [];
  const bar = (span: Span, status: number, y: number): Mark | undefined => {
    const left = xOf(frame, span.queued, width);
    const start = xOf(frame, span.start, width);
    const right = xOf(frame, span.end, width);
    if (right < 0 || left > width) return undefined;
    const clip = (value: number) => Math.max(-8, Math.min(width + 8, value));
    if (start - left >= 1) {
      queues.push({
        x: clip(left),
        y: y + 3,
        width: clip(start) - clip(left),
        height: BAR_HEIGHT - 6,
      });
    }
    const mark = {
      x: clip(start),
      y,
      width: Math.max(MIN_BAR, clip(right) - clip(start)),
      height: BAR_HEIGHT,
    };
    marks[status]?.push(mark);
    return mark;
  };
  for (let row = first; row < end; row++) {
    const of = frame.timeline.rows[row];
    const y = top + (row - first) * ROW_HEIGHT + BAR_TOP;
    if (of === undefined) continue;
    if (isSelected(of, frame.selected)) {
      context.fillStyle = frame.palette.raised;
      context.fillRect(0, y - BAR_TOP, width, ROW_HEIGHT);
    }
    if (of.kind === 'group') paintGroup(frame, of, y, bar, marks, width);
    else {
      for (const segment of segmentsOf(frame.columns, of.call, frame.timeline.now)) {
        const mark = bar(segment, segment.status, y);
        if (mark !== undefined && frame.showsCritical && frame.timeline.critical.has(of.call)) {
          critical.push({ ...mark, y: y + BAR_HEIGHT + 2, height: 2 });
        }
      }
    }
  }
  paintQueues(context, frame.palette, queues);
  paintMarks(context, frame.palette, marks);
  context.fillStyle = frame.palette.accent;
  for (const mark of critical) context.fillRect(mark.x, mark.y, mark.width, mark.height);
}

const isSelected = (row: TimelineRow, selected: number | undefined): boolean =>
  row.kind === 'call' && row.call === selected;

/**
 * A group is one bar in the colour of what is still running, else of most members. Each failure and
 * abort is a mark in it, so that one of 10,000 is visible.
 */
function paintGroup(
  frame: TimelineFrame,
  { box, span }: GroupRow,
  y: number,
  bar: (span: Span, status: number, y: number) => Mark | undefined,
  marks: Mark[][],
  width: number,
): void {
  if (span === undefined) return;
  const { columns } = frame;
  const counts = new Int32Array(STATUSES.length);
  for (const call of box.members) {
    const status = columns.status[call] ?? 0;
    counts[status] = (counts[status] ?? 0) + 1;
    if (status !== FAILED && status !== ABORTED) continue;
    const ended = columns.ended[call] ?? NO_TIME;
    const x = ended < 0 ? -10 : xOf(frame, ended, width);
    if (x >= -2 && x <= width) {
      marks[status]?.push({ x: x - 1.5, y: y - 2, width: 3, height: BAR_HEIGHT + 4 });
    }
  }
  let most = (counts[RUNNING] ?? 0) > 0 ? RUNNING : COMPLETED;
  if (most === COMPLETED) {
    for (const [status, count] of counts.entries()) if (count > (counts[most] ?? 0)) most = status;
  }
  bar(span, most, y);
}

/** Waiting in a queue: a light bar with vertical lines. */
function paintQueues(
  context: CanvasRenderingContext2D,
  palette: Palette,
  marks: readonly Mark[],
): void {
  const colour = palette.fills[1] ?? palette.muted;
  context.fillStyle = colour;
  context.globalAlpha = 0.3;
  for (const { x, y, width, height } of marks) context.fillRect(x, y, width, height);
  context.globalAlpha = 0.8;
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (const { x, y, width, height } of marks) {
    for (let at = Math.ceil(x / 4) * 4; at < x + width; at += 4) {
      context.moveTo(at + 0.5, y);
      context.lineTo(at + 0.5, y + height);
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

const visibleTicks = ({ timeline, range }: TimelineFrame, width: number) =>
  ticksOf(
    timeline.scale,
    range.from,
    range.to,
    ((range.to - range.from) / Math.max(1, width)) * TICK_DISTANCE,
  );

function paintGrid(surface: Surface, frame: TimelineFrame, height: number): void {
  const context = surface.onScreen();
  const { width } = surface.size;
  const { palette, timeline } = frame;
  context.strokeStyle = palette.line;
  context.lineWidth = 1;
  context.beginPath();
  for (const { offset } of visibleTicks(frame, width)) {
    const x = Math.round(xOf(frame, timeline.scale.start + offset, width)) + 0.5;
    context.moveTo(x, 0);
    context.lineTo(x, height);
  }
  context.stroke();
  context.fillStyle = palette.raised;
  for (const { from, to } of timeline.scale.gaps) {
    const x = xOf(frame, from, width);
    context.fillRect(x, 0, xOf(frame, to, width) - x, height);
  }
}

/** The overview of the whole with the brush, and the axis of the visible range. */
export function paintAxis(surface: Surface, frame: TimelineFrame): void {
  surface.clear();
  paintOverview(surface, frame);
  const context = surface.onScreen();
  const { width, height } = surface.size;
  const { palette, timeline } = frame;
  context.font = `11px ${palette.font}`;
  context.textAlign = 'center';
  context.fillStyle = palette.muted;
  for (const { offset } of visibleTicks(frame, width)) {
    const x = xOf(frame, timeline.scale.start + offset, width);
    const text = offset === 0 ? '0 s' : formatDuration(offset);
    const half = context.measureText(text).width / 2;
    context.fillText(text, Math.max(half + 2, Math.min(width - half - 2, x)), height - 7);
  }
  context.fillStyle = palette.ink;
  for (const { from, to } of timeline.scale.gaps) {
    const left = xOf(frame, from, width);
    const right = xOf(frame, to, width);
    if (right < 0 || left > width) continue;
    const text = `⌇ ${formatDuration(to - from)} ⌇`;
    const half = context.measureText(text).width / 2 + 3;
    const x = Math.max(half, Math.min(width - half, (left + right) / 2));
    context.fillStyle = palette.surface;
    context.fillRect(x - half, height - 20, half * 2, 18);
    context.fillStyle = palette.ink;
    context.fillText(text, x, height - 7);
  }
}

function paintOverview(surface: Surface, { timeline, range, palette }: TimelineFrame): void {
  const context = surface.onScreen();
  const { width } = surface.size;
  const { silhouette, scale } = timeline;
  const most = silhouette.reduce((max, value) => Math.max(max, value), 1);
  const step = width / silhouette.length;
  context.fillStyle = palette.fills[RUNNING] ?? palette.muted;
  context.globalAlpha = 0.45;
  for (const [part, count] of silhouette.entries()) {
    if (count === 0) continue;
    const height = Math.max(2, (count / most) * (OVERVIEW_HEIGHT - 8));
    context.fillRect(part * step, OVERVIEW_HEIGHT - 4 - height, Math.max(1, step), height);
  }
  context.globalAlpha = 1;
  const left = (range.from / scale.length) * width;
  const right = (range.to / scale.length) * width;
  context.fillStyle = palette.bg;
  context.globalAlpha = 0.65;
  context.fillRect(0, 0, left, OVERVIEW_HEIGHT);
  context.fillRect(right, 0, width - right, OVERVIEW_HEIGHT);
  context.globalAlpha = 1;
  context.strokeStyle = palette.accent;
  context.lineWidth = 1.5;
  context.strokeRect(left + 0.75, 1, Math.max(4, right - left - 1.5), OVERVIEW_HEIGHT - 2);
  context.fillStyle = palette.accent;
  for (const x of [left, right]) {
    context.fillRect(Math.max(0, Math.min(width - 4, x - 2)), OVERVIEW_HEIGHT / 2 - 8, 4, 16);
  }
}
