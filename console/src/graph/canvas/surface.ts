/**
 * A canvas in the pixels of the screen, whatever the ratio of pixels to CSS units.
 *
 * @module
 */
import type { Size } from '../model/viewport.ts';

export class Surface {
  readonly canvas: HTMLCanvasElement;
  readonly context: CanvasRenderingContext2D;
  size: Size = { width: 0, height: 0 };
  ratio = 1;

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser has no canvas');
    this.canvas = canvas;
    this.context = context;
  }

  /** Fits the canvas to a size in CSS units. Its content is lost if that changes. */
  resize(size: Size): boolean {
    const ratio = Math.max(1, devicePixelRatio);
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    this.size = size;
    this.ratio = ratio;
    if (this.canvas.width === width && this.canvas.height === height) return false;
    this.canvas.width = width;
    this.canvas.height = height;
    return true;
  }

  /** Coordinates of the context are CSS units from the canvas's corner. */
  onScreen(): CanvasRenderingContext2D {
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    return this.context;
  }

  /** Coordinates of the context are those of the picture. */
  inWorld(scale: number, x: number, y: number): CanvasRenderingContext2D {
    const { ratio } = this;
    this.context.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
    return this.context;
  }

  clear(): void {
    this.onScreen().clearRect(0, 0, this.size.width, this.size.height);
  }
}
