/**
 * Paints what changed in the next frame: the picture, boxes in it, the overlay, the small map and
 * the places of the buttons.
 *
 * 1. A change of statuses repaints the boxes of the changed calls, not the picture.
 * 2. Buttons follow the picture at once, and are chosen anew when it rests.
 *
 * @module
 */
import type { Size } from '../model/viewport.ts';
import { type Frame, GraphPainter } from './graph-painter.ts';
import { Minimap } from './minimap.ts';
import { MovingPicture } from './moving-picture.ts';
import { NearButtons } from './near-buttons.ts';
import { type Highlights, OverlayPainter } from './overlay-painter.ts';
import { Surface } from './surface.ts';

export interface GraphElements {
  readonly root: HTMLElement;
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly minimap: HTMLCanvasElement;
  readonly buttons: HTMLElement;
  readonly tooltip: HTMLElement;
}

/** What there is to paint when a frame is due. */
export interface FrameSource {
  /** Undefined: there is no picture yet. */
  readonly frame: () => Frame | undefined;
  readonly highlights: (frame: Frame) => Highlights;
  readonly selectBox: (box: number) => void;
}

const SETTLED_MS = 120;

export class FrameLoop {
  readonly minimap: Minimap;
  readonly buttons: NearButtons;
  readonly #source: FrameSource;
  readonly #base: Surface;
  readonly #overlay: Surface;
  readonly #painter: GraphPainter;
  readonly #moving: MovingPicture;
  readonly #overlayPainter: OverlayPainter;
  #requested = 0;
  #needs = { all: false, overlay: false, minimap: false };
  readonly #dirty = new Set<number>();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(elements: GraphElements, source: FrameSource) {
    this.#source = source;
    this.#base = new Surface(elements.base);
    this.#overlay = new Surface(elements.overlay);
    this.#painter = new GraphPainter(this.#base);
    this.#moving = new MovingPicture(this.#base, this.#painter);
    this.#overlayPainter = new OverlayPainter(this.#overlay);
    this.minimap = new Minimap(elements.minimap);
    this.buttons = new NearButtons(elements.buttons, source.selectBox);
  }

  close(): void {
    cancelAnimationFrame(this.#requested);
    clearTimeout(this.#settling);
  }

  resize(size: Size): void {
    this.#base.resize(size);
    this.#overlay.resize(size);
  }

  /** The viewport, the colours or the size changed. */
  paintAll(): void {
    this.#schedule({ all: true, overlay: true, minimap: true });
  }

  /** There is another picture: changes of the boxes of the last one are void. */
  paintNew(): void {
    this.#dirty.clear();
    this.paintAll();
  }

  paintOverlay(): void {
    this.#schedule({ overlay: true });
  }

  paintBoxes(boxes: Iterable<number>): void {
    for (const box of boxes) this.#dirty.add(box);
    this.#schedule({ minimap: true });
  }

  #schedule(needs: Partial<{ all: boolean; overlay: boolean; minimap: boolean }>): void {
    this.#needs = {
      all: this.#needs.all || needs.all === true,
      overlay: this.#needs.overlay || needs.overlay === true,
      minimap: this.#needs.minimap || needs.minimap === true,
    };
    if (this.#requested === 0) this.#requested = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#requested = 0;
    const frame = this.#source.frame();
    if (frame === undefined) return;
    const needs = this.#needs;
    const isChanged = this.#dirty.size > 0;
    this.#needs = { all: false, overlay: false, minimap: false };
    if (needs.all) this.#moving.show(frame);
    else if (isChanged && !this.#moving.isMoved) this.#painter.repaint(frame, this.#dirty);
    if (isChanged) this.#moving.invalidate();
    this.#dirty.clear();
    if (needs.all) this.buttons.follow(frame);
    if (needs.overlay) this.#overlayPainter.paint(frame, this.#source.highlights(frame));
    if (needs.minimap) this.minimap.update(frame, this.#base.size, isChanged);
    if (needs.all || isChanged) this.#settle();
  }

  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const frame = this.#source.frame();
      if (frame === undefined) return;
      if (this.#moving.isMoved) this.#moving.paint(frame);
      this.buttons.update(frame, this.#base.size, this.buttons.focused ?? -1);
    }, SETTLED_MS);
  }
}
