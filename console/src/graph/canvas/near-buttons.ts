/**
 * Real buttons over the boxes, for the keyboard and for assistive technology, while few enough boxes
 * are visible. The canvas below draws; the buttons are transparent.
 *
 * @module
 */
import { STATUSES, statusOf } from '../../live/statuses.ts';
import { countsText } from '../model/box-counts.ts';
import { titleOf } from '../model/box-graph.ts';
import { type Size, visibleBounds } from '../model/viewport.ts';
import { boundsOf } from '../scene.ts';
import type { Frame } from './graph-painter.ts';

/** With more visible boxes than this there are no buttons. */
const MAX_VISIBLE = 300;
/** Not more elements than this, the first ones in the order of calls. */
const MAX_BUTTONS = 200;

const CLASSES =
  'absolute rounded-md border-0 bg-transparent p-0 pointer-events-none focus-visible:outline-2';

export class NearButtons {
  readonly #layer: HTMLElement;
  readonly #pool: HTMLButtonElement[] = [];
  /** The box of each used button, and the button of each box. */
  #boxes: readonly number[] = [];
  #active = -1;

  constructor(layer: HTMLElement, onSelect: (box: number) => void) {
    this.#layer = layer;
    layer.addEventListener('click', ({ target }) => {
      const box = this.#boxOf(target);
      if (box !== undefined) onSelect(box);
    });
    layer.addEventListener('focusin', ({ target }) => {
      const box = this.#boxOf(target);
      if (box !== undefined) this.#active = box;
    });
  }

  /** The box whose button has the focus. */
  get focused(): number | undefined {
    return this.#boxOf(document.activeElement);
  }

  #boxOf(target: EventTarget | null): number | undefined {
    return target instanceof HTMLButtonElement
      ? this.#boxes[this.#pool.indexOf(target)]
      : undefined;
  }

  focus(box: number): void {
    this.#active = box;
    this.#setTabStop();
    this.#pool[this.#boxes.indexOf(box)]?.focus({ preventScroll: true });
  }

  /** Moves the layer with the picture: the buttons stay in their places in it. */
  follow({ viewport }: Frame): void {
    this.#layer.style.transform = `translate(${viewport.x}px, ${viewport.y}px) scale(${viewport.scale})`;
  }

  /** Chooses the boxes that have buttons. A button with the focus keeps its box if it is visible. */
  update(frame: Frame, screen: Size, keep: number): void {
    const { picture, viewport, columns } = frame;
    const visible = visibleBounds(viewport, screen);
    const near: number[] = [];
    for (let box = 0; box < picture.width.length && near.length <= MAX_VISIBLE; box++) {
      const { left, top, right, bottom } = boundsOf(picture, box);
      const isVisible =
        right > visible.left &&
        left < visible.right &&
        bottom > visible.top &&
        top < visible.bottom;
      if (isVisible || box === keep) near.push(box);
    }
    const { focused } = this;
    this.#boxes = near.length > MAX_VISIBLE ? [] : this.#chosen(near, keep);
    for (const [index, box] of this.#boxes.entries()) {
      const button = this.#buttonAt(index);
      const { left, top, right, bottom } = boundsOf(picture, box);
      button.style.left = `${left}px`;
      button.style.top = `${top}px`;
      button.style.width = `${right - left}px`;
      button.style.height = `${bottom - top}px`;
      const of = picture.graph.boxes[box];
      const label =
        of === undefined
          ? ''
          : `${titleOf(columns, of)}, ${
              of.kind === 'call'
                ? statusOf(columns.status[of.first] ?? STATUSES.length)
                : countsText(picture.counts, box)
            }`;
      if (button.ariaLabel !== label) button.ariaLabel = label;
      button.hidden = false;
    }
    for (const button of this.#pool.slice(this.#boxes.length)) button.hidden = true;
    this.#setTabStop();
    // The boxes may have moved to other elements: the focus stays with its box.
    if (focused !== undefined && this.focused !== focused) this.focus(focused);
  }

  #chosen(near: readonly number[], keep: number): readonly number[] {
    const first = near.slice(0, MAX_BUTTONS);
    return first.includes(keep) || !near.includes(keep) ? first : [...first.slice(1), keep];
  }

  #setTabStop(): void {
    const stop = Math.max(0, this.#boxes.indexOf(this.#active));
    for (const [index, button] of this.#pool.entries()) button.tabIndex = index === stop ? 0 : -1;
  }

  #buttonAt(index: number): HTMLButtonElement {
    const present = this.#pool[index];
    if (present !== undefined) return present;
    const button = document.createElement('button');
    button.type = 'button';
    button.className = CLASSES;
    this.#layer.append(button);
    this.#pool.push(button);
    return button;
  }
}
