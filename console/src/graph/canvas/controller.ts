/**
 * The graph on its canvases: follows the columns, the address and the pointer, and paints what
 * changed in the next frame.
 *
 * 1. A change of statuses repaints the boxes of the changed calls, not the picture.
 * 2. The picture stays where it is when calls come, unless the whole of it was visible before.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { LayoutRunner } from '../layout-runner.ts';
import { memberOfCell } from '../model/cells.ts';
import { nextFailure } from '../model/failures.ts';
import {
  type Bounds,
  fitTo,
  panBy,
  reveal,
  type Size,
  shows,
  type Viewport,
  zoomAt,
} from '../model/viewport.ts';
import { type Arrow, walk } from '../model/walk.ts';
import { boundsOf, GraphScene, type SceneEvent, type SceneSettings } from '../scene.ts';
import type { StepsFilter } from '../view-contract.ts';
import { attachGestures } from './gestures.ts';
import { type Frame, GraphPainter } from './graph-painter.ts';
import { type Hit, hitAt } from './hits.ts';
import { Minimap } from './minimap.ts';
import { MovingPicture } from './moving-picture.ts';
import { NearButtons } from './near-buttons.ts';
import { OverlayPainter } from './overlay-painter.ts';
import type { Palette } from './palette.ts';
import { RangeSelection } from './range-selection.ts';
import { Surface } from './surface.ts';
import { Tooltip } from './tooltip.ts';

export interface GraphElements {
  readonly root: HTMLElement;
  readonly base: HTMLCanvasElement;
  readonly overlay: HTMLCanvasElement;
  readonly minimap: HTMLCanvasElement;
  readonly buttons: HTMLElement;
  readonly tooltip: HTMLElement;
}

export interface GraphCallbacks {
  readonly onSelectCall: (call: number) => void;
  /** Selects a group by its first call. */
  readonly onSelectGroup: (first: number) => void;
  readonly onExpand: (first: number | undefined) => void;
  readonly onShowSteps: (filter: StepsFilter) => void;
  /** There is a new picture: levels, direction or summary may have changed. */
  readonly onPicture: () => void;
}

/** Boxes are at least this large when the walk shows them. */
const READABLE = 0.55;
const SETTLED_MS = 120;

export class GraphController {
  readonly scene: GraphScene;
  readonly #columns: RunColumns;
  readonly #elements: GraphElements;
  readonly #callbacks: GraphCallbacks;
  readonly #runner = new LayoutRunner();
  readonly #base: Surface;
  readonly #overlay: Surface;
  readonly #painter: GraphPainter;
  readonly #moving: MovingPicture;
  readonly #overlayPainter: OverlayPainter;
  readonly #minimap: Minimap;
  readonly #buttons: NearButtons;
  readonly #tooltip: Tooltip;
  readonly #stops: (() => void)[] = [];
  #palette: Palette;
  #viewport: Viewport = { scale: 1, x: 0, y: 0 };
  /** The whole picture is shown, and shall be after a change of the layout or of the size. */
  #isFitted = true;
  #selected: { readonly call: number | undefined; readonly group: number | undefined } = {
    call: undefined,
    group: undefined,
  };
  /** A call that is to be shown as soon as there is a picture with it. */
  #toReveal: number | undefined;
  #hit: Hit | undefined;
  readonly #range = new RangeSelection();
  #found: readonly number[] = [];
  #frame = 0;
  #needs = { all: false, overlay: false, minimap: false };
  readonly #dirty = new Set<number>();
  #settling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    elements: GraphElements,
    columns: RunColumns,
    palette: Palette,
    callbacks: GraphCallbacks,
  ) {
    this.#elements = elements;
    this.#columns = columns;
    this.#palette = palette;
    this.#callbacks = callbacks;
    this.#base = new Surface(elements.base);
    this.#overlay = new Surface(elements.overlay);
    this.#painter = new GraphPainter(this.#base);
    this.#moving = new MovingPicture(this.#base, this.#painter);
    this.#overlayPainter = new OverlayPainter(this.#overlay);
    this.#minimap = new Minimap(elements.minimap);
    this.#tooltip = new Tooltip(elements.tooltip, columns);
    this.#buttons = new NearButtons(elements.buttons, (box) => this.#selectBox(box));
    this.scene = new GraphScene(
      columns,
      (input, receive) => this.#runner.request(input, receive),
      (event) => this.#onScene(event),
    );
    this.#stops.push(
      columns.subscribe((change) => this.scene.follow(change)),
      this.#watchSize(),
      this.#attachGestures(),
      this.#minimap.attach((x, y) => {
        const bounds = this.scene.picture?.layout.bounds;
        if (bounds === undefined) return;
        this.#show(this.#minimap.centreOn(bounds, this.#viewport, this.size, x, y));
      }),
    );
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#settling);
    this.#runner.close();
  }

  get size(): Size {
    const { clientWidth: width, clientHeight: height } = this.#elements.root;
    return { width, height };
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#paintAll();
  }

  configure(settings: SceneSettings): void {
    this.scene.configure(settings, this.size);
  }

  /** Marks the selection of the address; a call that was not selected before is brought into view. */
  select(call: number | undefined, group: number | undefined): void {
    const isNew = call !== undefined && call !== this.#selected.call;
    this.#selected = { call, group };
    if (isNew) this.#revealCall(call);
    this.#schedule({ overlay: true });
  }

  setFound(calls: readonly number[]): void {
    this.#found = calls;
    this.#schedule({ overlay: true });
  }

  fit(): void {
    const { picture } = this.scene;
    if (picture === undefined) return;
    this.#isFitted = true;
    this.#viewport = fitTo(picture.layout.bounds, this.size);
    this.#paintAll();
  }

  zoomBy(factor: number): void {
    const { width, height } = this.size;
    this.#show(zoomAt(this.#viewport, factor, width / 2, height / 2));
  }

  nextFailure(step: 1 | -1): number | undefined {
    const { known, status } = this.#columns;
    const call = nextFailure(status, known, this.#selected.call, step);
    if (call !== undefined) {
      this.#revealCall(call);
      this.#callbacks.onSelectCall(call);
    }
    return call;
  }

  /** Shows the members of the selected group, or the group again. */
  toggleExpanded(): void {
    const { picture } = this.scene;
    if (picture === undefined) return;
    if (picture.expanded >= 0) {
      this.#callbacks.onExpand(undefined);
      return;
    }
    const box = picture.graph.boxes[this.#currentBox() ?? this.#hit?.box ?? -1];
    if (box !== undefined && box.members.length > 1) this.#callbacks.onExpand(box.first);
  }

  /** Moves the focus along edges, or to the neighbour. */
  walk(key: Arrow): void {
    const { picture } = this.scene;
    if (picture === undefined || picture.width.length === 0) return;
    const from = this.#buttons.focused ?? this.#currentBox();
    const box = from === undefined ? 0 : (walk(picture.graph, picture.layout, from, key) ?? from);
    this.#reveal(boundsOf(picture, box));
    this.#buttons.update(this.#currentFrame(picture), this.size, box);
    this.#buttons.focus(box);
  }

  #currentBox(): number | undefined {
    const { call, group } = this.#selected;
    return this.scene.picture?.graph.boxOf[call ?? group ?? -1];
  }

  #selectBox(index: number): void {
    const box = this.scene.picture?.graph.boxes[index];
    if (box === undefined) return;
    if (box.kind === 'call') this.#callbacks.onSelectCall(box.first);
    else this.#callbacks.onSelectGroup(box.first);
  }

  #revealCall(call: number): void {
    const { picture } = this.scene;
    const box = picture?.graph.boxOf[call];
    if (picture === undefined || box === undefined) {
      this.#toReveal = call;
      return;
    }
    this.#toReveal = undefined;
    this.#reveal(boundsOf(picture, box));
  }

  #reveal(bounds: Bounds): void {
    const next = reveal(this.#viewport, bounds, this.size, READABLE);
    const { scale, x, y } = this.#viewport;
    if (next.scale !== scale || next.x !== x || next.y !== y) this.#show(next);
  }

  #show(viewport: Viewport): void {
    this.#isFitted = false;
    this.#viewport = viewport;
    this.#paintAll();
  }

  #onScene(event: SceneEvent): void {
    if (event.kind === 'boxes') {
      for (const box of event.boxes) this.#dirty.add(box);
      this.#schedule({ minimap: true });
      return;
    }
    const { picture } = this.scene;
    if (picture === undefined) return;
    this.#hit = undefined;
    this.#dirty.clear();
    const { bounds } = picture.layout;
    if (event.isNew || (this.#isFitted && !shows(this.#viewport, this.size, bounds))) {
      this.#viewport = fitTo(bounds, this.size);
      this.#isFitted = true;
    }
    if (event.isNew && picture.expanded >= 0) this.#reveal(boundsOf(picture, picture.expanded));
    if (this.#toReveal !== undefined) this.#revealCall(this.#toReveal);
    this.#callbacks.onPicture();
    this.#paintAll();
  }

  #watchSize(): () => void {
    const resized = () => {
      this.#base.resize(this.size);
      this.#overlay.resize(this.size);
      if (this.#isFitted && this.scene.picture !== undefined) this.fit();
      else this.#paintAll();
    };
    const observer = new ResizeObserver(resized);
    observer.observe(this.#elements.root);
    resized();
    return () => observer.disconnect();
  }

  #attachGestures(): () => void {
    return attachGestures(this.#elements.overlay, {
      startsRange: (x, y) => (this.#hitAt(x, y)?.members ?? 0) > 0 && this.#isGroupAt(x, y),
      onPan: (dx, dy) => this.#show(panBy(this.#viewport, dx, dy)),
      onZoom: (factor, x, y) => this.#show(zoomAt(this.#viewport, factor, x, y)),
      onHover: (x, y) => this.#hover(x, y),
      onLeave: () => this.#leave(),
      onClick: (x, y) => this.#click(x, y),
      onDoubleClick: (x, y) => {
        const box = this.scene.picture?.graph.boxes[this.#hitAt(x, y)?.box ?? -1];
        if (box !== undefined && box.members.length > 1) this.#callbacks.onExpand(box.first);
      },
      onRange: (x, y, state) => this.#dragRange(x, y, state),
    });
  }

  #hitAt(x: number, y: number): Hit | undefined {
    const { picture } = this.scene;
    return picture === undefined ? undefined : hitAt(picture, this.#viewport, x, y);
  }

  #isGroupAt(x: number, y: number): boolean {
    const hit = this.#hitAt(x, y);
    const box = this.scene.picture?.graph.boxes[hit?.box ?? -1];
    return hit?.member !== undefined && (box?.members.length ?? 0) > 1;
  }

  #hover(x: number, y: number): void {
    const { picture } = this.scene;
    const hit = this.#hitAt(x, y);
    this.#hit = hit;
    this.#elements.overlay.style.cursor = hit === undefined ? 'grab' : 'pointer';
    if (picture === undefined || hit === undefined) this.#tooltip.hide();
    else this.#tooltip.show(picture, hit, x, y, this.size);
    this.#schedule({ overlay: true });
  }

  #leave(): void {
    this.#hit = undefined;
    this.#tooltip.hide();
    this.#schedule({ overlay: true });
  }

  #click(x: number, y: number): void {
    const { picture } = this.scene;
    const hit = this.#hitAt(x, y);
    const box = picture?.graph.boxes[hit?.box ?? -1];
    if (hit === undefined || box === undefined || picture === undefined) return;
    if (hit.member === undefined) {
      this.#selectBox(hit.box);
      return;
    }
    const cell = { perCell: hit.members };
    const member = memberOfCell(cell, hit.member, box.members, this.#columns.status);
    this.#callbacks.onSelectCall(box.members[member] ?? box.first);
  }

  #dragRange(x: number, y: number, state: 'drag' | 'end' | 'cancel'): void {
    const { picture } = this.scene;
    if (picture === undefined) return;
    this.#range.extend(this.#hitAt(x, y));
    this.#schedule({ overlay: true });
    if (state === 'drag') return;
    const filter = this.#range.filter(picture, this.#columns);
    this.#range.clear();
    if (state === 'end' && filter !== undefined) this.#callbacks.onShowSteps(filter);
  }

  #paintAll(): void {
    this.#schedule({ all: true, overlay: true, minimap: true });
  }

  #schedule(needs: Partial<{ all: boolean; overlay: boolean; minimap: boolean }>): void {
    this.#needs = {
      all: this.#needs.all || needs.all === true,
      overlay: this.#needs.overlay || needs.overlay === true,
      minimap: this.#needs.minimap || needs.minimap === true,
    };
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #currentFrame(picture: NonNullable<GraphScene['picture']>): Frame {
    return { picture, columns: this.#columns, viewport: this.#viewport, palette: this.#palette };
  }

  #draw(): void {
    this.#frame = 0;
    const { picture } = this.scene;
    if (picture === undefined) return;
    const frame = this.#currentFrame(picture);
    const needs = this.#needs;
    const isChanged = this.#dirty.size > 0;
    this.#needs = { all: false, overlay: false, minimap: false };
    if (needs.all) this.#moving.show(frame);
    else if (isChanged && !this.#moving.isMoved) this.#painter.repaint(frame, this.#dirty);
    if (isChanged) this.#moving.invalidate();
    this.#dirty.clear();
    if (needs.all) this.#buttons.follow(frame);
    if (needs.overlay) this.#paintOverlay(frame);
    if (needs.minimap) this.#minimap.update(frame, this.size, isChanged);
    if (needs.all || isChanged) this.#settle();
  }

  #paintOverlay(frame: Frame): void {
    this.#overlayPainter.paint(frame, {
      selectedBox: this.#currentBox() ?? -1,
      hoveredBox: this.#hit?.box ?? -1,
      selectedCall: this.#selected.call,
      range: this.#range.calls(frame.picture),
      found: this.#found,
    });
  }

  /** Buttons follow the picture at once, and are chosen anew when it rests. */
  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      const { picture } = this.scene;
      if (picture === undefined) return;
      const frame = this.#currentFrame(picture);
      if (this.#moving.isMoved) this.#moving.paint(frame);
      this.#buttons.update(frame, this.size, this.#buttons.focused ?? -1);
    }, SETTLED_MS);
  }
}
