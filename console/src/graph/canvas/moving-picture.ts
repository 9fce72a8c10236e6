/**
 * Keeps pan and zoom smooth when a picture takes longer than a frame to paint: while it moves, the
 * last painted picture is moved and scaled; it is painted again as soon as it rests.
 *
 * @module
 */
import type { Size, Viewport } from '../model/viewport.ts';
import type { Frame, GraphPainter } from './graph-painter.ts';
import { Surface } from './surface.ts';

/** A picture that takes longer to paint is moved instead. */
const SLOW_MS = 9;

interface Painted {
  readonly picture: unknown;
  readonly palette: unknown;
  readonly viewport: Viewport;
  readonly size: Size;
}

export class MovingPicture {
  readonly #surface: Surface;
  readonly #painter: GraphPainter;
  /** A copy of the last painted picture, if it was slow. */
  readonly #copy = new Surface(document.createElement('canvas'));
  #copied: Painted | undefined;
  /** The picture on the canvas is a moved copy. */
  isMoved = false;

  constructor(surface: Surface, painter: GraphPainter) {
    this.#surface = surface;
    this.#painter = painter;
  }

  /** Paints the picture, or moves the last one if that was slow. */
  show(frame: Frame): void {
    const copied = this.#copied;
    const isUsable =
      copied !== undefined &&
      copied.picture === frame.picture &&
      copied.palette === frame.palette &&
      copied.size === this.#surface.size;
    if (isUsable) this.#move(copied.viewport, frame.viewport);
    else this.paint(frame);
  }

  paint(frame: Frame): void {
    const start = performance.now();
    this.#painter.paint(frame);
    this.isMoved = false;
    this.#copied = undefined;
    if (performance.now() - start < SLOW_MS) return;
    const { size, canvas } = this.#surface;
    this.#copy.resize(size);
    this.#copy.clear();
    this.#copy.onScreen().drawImage(canvas, 0, 0, size.width, size.height);
    this.#copied = {
      picture: frame.picture,
      palette: frame.palette,
      viewport: frame.viewport,
      size,
    };
  }

  /** The copy is older than the picture: it is not shown again. */
  invalidate(): void {
    this.#copied = undefined;
  }

  #move(from: Viewport, to: Viewport): void {
    this.#surface.clear();
    const { size } = this.#surface;
    const ratio = to.scale / from.scale;
    const context = this.#surface.inWorld(ratio, to.x - from.x * ratio, to.y - from.y * ratio);
    context.drawImage(this.#copy.canvas, 0, 0, size.width, size.height);
    this.isMoved = true;
  }
}
