/**
 * What the pointer does on the graph: it pans and zooms, names what is below it, and selects a box,
 * a member, or a range of members.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { panBy, type Size, type Viewport, zoomAt } from '../model/viewport.ts';
import type { Picture } from '../scene.ts';
import type { StepsFilter } from '../view-contract.ts';
import { attachGestures } from './gestures.ts';
import type { Frame } from './graph-painter.ts';
import { callAt, type Hit, hitAt } from './hits.ts';
import { RangeSelection } from './range-selection.ts';
import { Tooltip } from './tooltip.ts';

/** The picture below the pointer, and what a gesture does with it. */
export interface PointerTarget {
  readonly frame: () => Frame | undefined;
  readonly size: () => Size;
  readonly show: (viewport: Viewport) => void;
  readonly selectBox: (box: number) => void;
  readonly selectCall: (call: number) => void;
  /** Expands a box, or collapses the expanded one. */
  readonly toggle: (box: number) => void;
  readonly showSteps: (filter: StepsFilter) => void;
  /** What the pointer marks has changed. */
  readonly mark: () => void;
}

export class GraphPointer {
  readonly #overlay: HTMLElement;
  readonly #columns: RunColumns;
  readonly #target: PointerTarget;
  readonly #tooltip: Tooltip;
  readonly #range = new RangeSelection();
  #hit: Hit | undefined;
  /** Where the pointer rests. */
  #at: { readonly x: number; readonly y: number } | undefined;

  constructor(
    elements: { readonly overlay: HTMLElement; readonly tooltip: HTMLElement },
    columns: RunColumns,
    target: PointerTarget,
  ) {
    this.#overlay = elements.overlay;
    this.#columns = columns;
    this.#target = target;
    this.#tooltip = new Tooltip(elements.tooltip, columns);
  }

  attach(): () => void {
    return attachGestures(this.#overlay, {
      startsRange: (x, y) => this.#startsRange(x, y),
      onPan: (dx, dy) => {
        this.#leave();
        this.#move((viewport) => panBy(viewport, dx, dy));
      },
      onZoom: (factor, x, y) => {
        this.#move((viewport) => zoomAt(viewport, factor, x, y));
        this.#hover(x, y);
      },
      onHover: (x, y) => this.#hover(x, y),
      onLeave: () => this.#leave(),
      onClick: (x, y) => this.#click(x, y),
      onDoubleClick: (x, y) => this.#doubleClick(x, y),
      onRange: (x, y, state) => this.#dragRange(x, y, state),
    });
  }

  #move(change: (viewport: Viewport) => Viewport): void {
    const frame = this.#target.frame();
    if (frame !== undefined) this.#target.show(change(frame.viewport));
  }

  /** The box below the pointer, or -1. */
  get box(): number {
    return this.#hit?.box ?? -1;
  }

  /** The calls of the range that is being selected. */
  rangeOf(picture: Picture): Int32Array | undefined {
    return this.#range.calls(picture);
  }

  /** The picture or the steps changed below the pointer. */
  refresh(): void {
    if (this.#at !== undefined) this.#hover(this.#at.x, this.#at.y);
  }

  #leave(): void {
    this.#hit = undefined;
    this.#at = undefined;
    this.#tooltip.hide();
    this.#target.mark();
  }

  #hitAt(x: number, y: number): Hit | undefined {
    const frame = this.#target.frame();
    return frame === undefined ? undefined : hitAt(frame.picture, frame.viewport, x, y);
  }

  /** In another order than that of calls, cells side by side are no range of calls. */
  #startsRange(x: number, y: number): boolean {
    const picture = this.#target.frame()?.picture;
    const hit = this.#hitAt(x, y);
    const box = picture?.graph.boxes[hit?.box ?? -1];
    return (
      picture?.cells.order === undefined &&
      hit?.member !== undefined &&
      (box?.members.length ?? 0) > 1
    );
  }

  #hover(x: number, y: number): void {
    const picture = this.#target.frame()?.picture;
    const hit = this.#hitAt(x, y);
    this.#at = { x, y };
    this.#hit = hit;
    this.#overlay.style.cursor = hit === undefined ? 'grab' : 'pointer';
    if (picture === undefined || hit === undefined) this.#tooltip.hide();
    else this.#tooltip.show(picture, hit, x, y, this.#target.size());
    this.#target.mark();
  }

  #click(x: number, y: number): void {
    const picture = this.#target.frame()?.picture;
    const hit = this.#hitAt(x, y);
    if (picture === undefined || hit === undefined) return;
    const call = callAt(picture, hit, this.#columns.status);
    if (call === undefined) this.#target.selectBox(hit.box);
    else this.#target.selectCall(call);
  }

  #doubleClick(x: number, y: number): void {
    const hit = this.#hitAt(x, y);
    if (hit === undefined) return;
    // The first click selected the member of the expanded box; it stays selected.
    const isMember = hit.box === this.#target.frame()?.picture.expanded && hit.member !== undefined;
    if (!isMember) this.#target.toggle(hit.box);
  }

  #dragRange(x: number, y: number, state: 'drag' | 'end' | 'cancel'): void {
    const picture = this.#target.frame()?.picture;
    if (picture === undefined) return;
    this.#range.extend(this.#hitAt(x, y));
    this.#target.mark();
    if (state === 'drag') return;
    const filter = this.#range.filter(picture, this.#columns);
    this.#range.clear();
    if (state === 'end' && filter !== undefined) this.#target.showSteps(filter);
  }
}
