/**
 * Paints what follows the pointer and the selection, over the picture: it changes often, and the
 * picture below stays.
 *
 * @module
 */
import { lineageOf } from '../model/lineage.ts';
import type { Bounds } from '../model/viewport.ts';
import { boundsOf } from '../scene.ts';
import { type Frame, tracePath } from './graph-painter.ts';
import { callOnScreen } from './hits.ts';
import type { Surface } from './surface.ts';

export interface Highlights {
  /** Numbers of boxes, or -1. */
  readonly selectedBox: number;
  readonly hoveredBox: number;
  readonly selectedCall: number | undefined;
  /** Calls of a range that is being selected. */
  readonly range: Int32Array | undefined;
  readonly found: readonly number[];
}

/** Lines from a call to its parents and children, at most this number to each side. */
const MAX_LINES = 200;
/** Cells of a range or of found calls that are marked. */
const MAX_MARKED = 2_000;

export class OverlayPainter {
  readonly #surface: Surface;

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  paint(frame: Frame, highlights: Highlights): void {
    this.#surface.clear();
    const { selectedBox, hoveredBox, selectedCall, range, found } = highlights;
    if (hoveredBox >= 0) {
      this.#paintEdgesOf(frame, hoveredBox);
      this.#outline(frame, this.#boxOnScreen(frame, hoveredBox), frame.palette.field, 1.5);
    }
    if (selectedBox >= 0) {
      this.#paintEdgesOf(frame, selectedBox);
      this.#outline(frame, this.#boxOnScreen(frame, selectedBox), frame.palette.accent, 2);
    }
    this.#markCalls(frame, found.slice(0, MAX_MARKED), frame.palette.ink);
    if (range !== undefined) {
      this.#markCalls(frame, [...range.subarray(0, MAX_MARKED)], frame.palette.accent);
    }
    if (selectedCall !== undefined) this.#paintLineage(frame, selectedCall);
  }

  #boxOnScreen({ picture, viewport }: Frame, box: number): Bounds {
    const { left, top, right, bottom } = boundsOf(picture, box);
    return {
      left: left * viewport.scale + viewport.x,
      top: top * viewport.scale + viewport.y,
      right: right * viewport.scale + viewport.x,
      bottom: bottom * viewport.scale + viewport.y,
    };
  }

  #outline(_: Frame, { left, top, right, bottom }: Bounds, colour: string, width: number): void {
    const context = this.#surface.onScreen();
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    const [w, h] = [right - left, bottom - top];
    context.roundRect(left - 1, top - 1, w + 2, h + 2, Math.min(7, w / 2, h / 2));
    context.stroke();
  }

  /** The edges of a box, up and down to the next boxes, over waypoints. */
  #paintEdgesOf({ picture, viewport, palette }: Frame, box: number): void {
    const { layout, width } = picture;
    const boxes = width.length;
    const reached = new Set([box]);
    const segments = new Set<number>();
    // Segments are in the order in which they lead away from their boxes.
    for (let segment = 0; segment < layout.segmentFrom.length; segment++) {
      const from = layout.segmentFrom[segment] ?? 0;
      const to = layout.segmentTo[segment] ?? 0;
      if (from === box || (from >= boxes && reached.has(from))) {
        segments.add(segment);
        if (to >= boxes) reached.add(to);
      }
    }
    const above = new Set([box]);
    for (let segment = layout.segmentFrom.length - 1; segment >= 0; segment--) {
      const from = layout.segmentFrom[segment] ?? 0;
      if (!above.has(layout.segmentTo[segment] ?? 0)) continue;
      segments.add(segment);
      if (from >= boxes) above.add(from);
    }
    const context = this.#surface.inWorld(viewport.scale, viewport.x, viewport.y);
    context.beginPath();
    for (const segment of segments) {
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, x3 = 0, y3 = 0, x4 = 0, y4 = 0] =
        layout.points.subarray(segment * 8, segment * 8 + 8);
      tracePath(context, layout.direction === 'TB', x1, y1, x2, y2, x3, y3, x4, y4, false);
    }
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.6 / Math.min(1, viewport.scale);
    context.stroke();
  }

  #markCalls(frame: Frame, calls: readonly number[], colour: string): void {
    const context = this.#surface.onScreen();
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const call of calls) {
      const place = callOnScreen(frame.picture, frame.viewport, call);
      if (place === undefined) continue;
      context.rect(
        place.left - 0.5,
        place.top - 0.5,
        place.right - place.left,
        place.bottom - place.top,
      );
    }
    context.stroke();
  }

  /** The selected call, with lines to the cells of its parents and children. */
  #paintLineage(frame: Frame, call: number): void {
    const { picture, viewport, columns, palette } = frame;
    const place = callOnScreen(picture, viewport, call);
    if (place === undefined) return;
    const { parents, children } = lineageOf(columns, call, MAX_LINES);
    const isDown = picture.layout.direction === 'TB';
    const context = this.#surface.onScreen();
    context.beginPath();
    const line = (from: Bounds, to: Bounds) => {
      if (isDown) {
        const [x1, y1] = [(from.left + from.right) / 2, from.bottom];
        const [x2, y2] = [(to.left + to.right) / 2, to.top];
        context.moveTo(x1, y1);
        context.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2);
      } else {
        const [x1, y1] = [from.right, (from.top + from.bottom) / 2];
        const [x2, y2] = [to.left, (to.top + to.bottom) / 2];
        context.moveTo(x1, y1);
        context.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
      }
    };
    const own = picture.graph.boxOf[call];
    for (const [others, isParent] of [
      [parents, true],
      [children, false],
    ] as const) {
      for (const other of others) {
        const at = callOnScreen(picture, viewport, other);
        // Within one box the cells are too near for lines.
        if (at === undefined || picture.graph.boxOf[other] === own) continue;
        if (isParent) line(at, place);
        else line(place, at);
      }
    }
    context.strokeStyle = palette.accent;
    context.globalAlpha = 0.7;
    context.lineWidth = 1.2;
    context.stroke();
    context.globalAlpha = 1;
    this.#markCalls(frame, [...parents, ...children], palette.accent);
    context.strokeStyle = palette.ink;
    context.lineWidth = 2.5;
    context.strokeRect(
      place.left - 2,
      place.top - 2,
      place.right - place.left + 3,
      place.bottom - place.top + 3,
    );
  }
}
