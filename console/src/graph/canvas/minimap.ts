/**
 * A small map of the whole picture with a frame around its visible part.
 *
 * @module
 */
import { FAILED } from '../../live/statuses.ts';
import { type Bounds, type Size, shows, type Viewport, visibleBounds } from '../model/viewport.ts';
import { boundsOf } from '../scene.ts';
import type { Frame } from './graph-painter.ts';
import { emptyMarks, paintMarks } from './status-marks.ts';
import { Surface } from './surface.ts';

const MINIMAP: Size = { width: 168, height: 108 };
const MARGIN = 6;

export class Minimap {
  readonly #surface: Surface;
  /** The boxes, painted once for each change of them. */
  readonly #boxes: Surface;
  #paintedOf: { readonly picture: unknown; readonly palette: unknown } | undefined;

  constructor(canvas: HTMLCanvasElement) {
    canvas.style.width = `${MINIMAP.width}px`;
    canvas.style.height = `${MINIMAP.height}px`;
    this.#surface = new Surface(canvas);
    this.#boxes = new Surface(document.createElement('canvas'));
  }

  /** Calls `move` with the points of the map at which it is pressed or dragged. */
  attach(move: (x: number, y: number) => void): () => void {
    const controller = new AbortController();
    const { canvas } = this.#surface;
    const moved = (event: PointerEvent) => {
      if (event.buttons === 0) return;
      const { left, top } = canvas.getBoundingClientRect();
      move(event.clientX - left, event.clientY - top);
    };
    const pressed = (event: PointerEvent) => {
      // A drag goes on beyond the border of the map.
      canvas.setPointerCapture(event.pointerId);
      moved(event);
    };
    canvas.addEventListener('pointerdown', pressed, { signal: controller.signal });
    canvas.addEventListener('pointermove', moved, { signal: controller.signal });
    return () => controller.abort();
  }

  /** Hides the map while the whole picture is visible; else paints what changed. */
  update(frame: Frame, screen: Size, isChanged: boolean): void {
    const { picture, palette, viewport } = frame;
    const { canvas } = this.#surface;
    canvas.hidden = shows(viewport, screen, picture.layout.bounds);
    if (canvas.hidden) return;
    const before = this.#paintedOf;
    if (isChanged || before?.picture !== picture || before.palette !== palette) {
      this.#paintBoxes(frame);
      this.#paintedOf = { picture, palette };
    }
    this.#paint(frame, screen);
  }

  #scaleOf({ left, top, right, bottom }: Bounds): Viewport {
    const scale = Math.min(
      (MINIMAP.width - 2 * MARGIN) / Math.max(1, right - left),
      (MINIMAP.height - 2 * MARGIN) / Math.max(1, bottom - top),
    );
    return {
      scale,
      x: MINIMAP.width / 2 - ((left + right) / 2) * scale,
      y: MINIMAP.height / 2 - ((top + bottom) / 2) * scale,
    };
  }

  #paintBoxes({ picture, palette }: Frame): void {
    this.#boxes.resize(MINIMAP);
    this.#boxes.clear();
    const { scale, x, y } = this.#scaleOf(picture.layout.bounds);
    const marks = emptyMarks();
    for (let box = 0; box < picture.width.length; box++) {
      const status = picture.counts.statusOf(box);
      const bounds = boundsOf(picture, box);
      const least = status === FAILED ? 3 : 1;
      marks[status]?.push({
        x: bounds.left * scale + x,
        y: bounds.top * scale + y,
        width: Math.max(least, (bounds.right - bounds.left) * scale),
        height: Math.max(least, (bounds.bottom - bounds.top) * scale),
      });
    }
    paintMarks(this.#boxes.onScreen(), palette, marks);
  }

  /** Paints the boxes as they were painted last, and the frame. */
  #paint({ picture, viewport, palette }: Frame, screen: Size): void {
    this.#surface.resize(MINIMAP);
    this.#surface.clear();
    const context = this.#surface.onScreen();
    context.drawImage(this.#boxes.canvas, 0, 0, MINIMAP.width, MINIMAP.height);
    const { scale, x, y } = this.#scaleOf(picture.layout.bounds);
    const { left, top, right, bottom } = visibleBounds(viewport, screen);
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5;
    const clamp = (value: number, most: number) => Math.min(most - 1, Math.max(1, value));
    const fromX = clamp(left * scale + x, MINIMAP.width);
    const fromY = clamp(top * scale + y, MINIMAP.height);
    context.strokeRect(
      fromX,
      fromY,
      Math.max(3, clamp(right * scale + x, MINIMAP.width) - fromX),
      Math.max(3, clamp(bottom * scale + y, MINIMAP.height) - fromY),
    );
  }

  /** The viewport whose middle is a point of the map. */
  centreOn(bounds: Bounds, viewport: Viewport, screen: Size, mapX: number, mapY: number): Viewport {
    const { scale, x, y } = this.#scaleOf(bounds);
    return {
      scale: viewport.scale,
      x: screen.width / 2 - ((mapX - x) / scale) * viewport.scale,
      y: screen.height / 2 - ((mapY - y) / scale) * viewport.scale,
    };
  }
}
