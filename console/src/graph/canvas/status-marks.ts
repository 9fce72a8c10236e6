/**
 * Cells and bars of statuses. Each status has a colour and a shape: hollow, half, solid, hatched.
 * Failures are painted last and are the largest.
 *
 * @module
 */
import {
  ABORTED,
  CACHED,
  COMPLETED,
  FAILED,
  PENDING,
  QUEUED,
  RUNNING,
  SKIPPED,
  SUPERSEDED,
} from '../../live/statuses.ts';
import type { Palette } from './palette.ts';

const ORDER = [
  SUPERSEDED,
  SKIPPED,
  PENDING,
  CACHED,
  COMPLETED,
  QUEUED,
  RUNNING,
  ABORTED,
  FAILED,
] as const;

/** Shapes are distinguishable from this size on; smaller cells are solid. */
const SHAPED = 6;

export interface Mark {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Diagonal lines within the rectangles; the caller strokes the path. */
function hatch(context: CanvasRenderingContext2D, { x, y, width, height }: Mark): void {
  const step = 4;
  for (let offset = step / 2; offset < width + height; offset += step) {
    const right = Math.min(offset, width);
    const bottom = Math.min(offset, height);
    context.moveTo(x + right, y + offset - right);
    context.lineTo(x + offset - bottom, y + bottom);
  }
}

function paintShape(context: CanvasRenderingContext2D, code: number, marks: readonly Mark[]): void {
  switch (code) {
    case PENDING:
    case SKIPPED:
    case SUPERSEDED:
      context.lineWidth = 1;
      context.setLineDash(code === PENDING ? [1.5, 1.5] : []);
      context.globalAlpha = code === SUPERSEDED ? 0.6 : 1;
      context.beginPath();
      for (const { x, y, width, height } of marks) {
        context.rect(x + 0.5, y + 0.5, Math.max(1, width - 1), Math.max(1, height - 1));
      }
      context.stroke();
      context.setLineDash([]);
      context.globalAlpha = 1;
      return;
    case QUEUED:
      for (const { x, y, width, height } of marks) {
        context.fillRect(x, y + height / 2, width, height / 2);
      }
      return;
    case ABORTED:
      context.lineWidth = 1.5;
      context.beginPath();
      for (const mark of marks) {
        hatch(context, mark);
        context.rect(
          mark.x + 0.5,
          mark.y + 0.5,
          Math.max(1, mark.width - 1),
          Math.max(1, mark.height - 1),
        );
      }
      context.stroke();
      return;
    default:
      for (const { x, y, width, height } of marks) context.fillRect(x, y, width, height);
  }
}

/** Paints marks by status. `marks[code]` are the rectangles of a status. */
export function paintMarks(
  context: CanvasRenderingContext2D,
  palette: Palette,
  marks: readonly (readonly Mark[])[],
): void {
  for (const code of ORDER) {
    const present = marks[code];
    if (present === undefined || present.length === 0) continue;
    const colour = palette.fills[code] ?? palette.muted;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    const least = Math.min(present[0]?.width ?? 0, present[0]?.height ?? 0);
    if (least >= SHAPED) paintShape(context, code, present);
    else for (const { x, y, width, height } of present) context.fillRect(x, y, width, height);
    if (code === RUNNING && least >= SHAPED) {
      context.fillStyle = palette.surface;
      for (const { x, y, width, height } of present) {
        context.fillRect(x + width - Math.max(2, width * 0.2), y + 1, 1, height - 2);
      }
    }
  }
}

export const emptyMarks = (): Mark[][] => ORDER.map(() => []);
