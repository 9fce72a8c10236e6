/**
 * The graph of a run: what is shown of it, where, and what is selected. It follows the columns and
 * the address; `FrameLoop` paints, `GraphPointer` follows the pointer.
 *
 * The picture stays where it is when calls come, unless the whole of it was visible before.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { LayoutRunner } from '../layout-runner.ts';
import { nextFailure } from '../model/failures.ts';
import {
  type Bounds,
  fitTo,
  reveal,
  type Size,
  shows,
  type Viewport,
  zoomAt,
} from '../model/viewport.ts';
import { type Arrow, walk } from '../model/walk.ts';
import { boundsOf, GraphScene, type SceneEvent, type SceneSettings } from '../scene.ts';
import type { StepsFilter } from '../view-contract.ts';
import { FrameLoop, type GraphElements } from './frame-loop.ts';
import type { Frame } from './graph-painter.ts';
import type { Highlights } from './overlay-painter.ts';
import type { Palette } from './palette.ts';
import { GraphPointer } from './pointer.ts';

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

export class GraphController {
  readonly scene: GraphScene;
  readonly #columns: RunColumns;
  readonly #root: HTMLElement;
  readonly #callbacks: GraphCallbacks;
  readonly #runner = new LayoutRunner();
  readonly #loop: FrameLoop;
  readonly #pointer: GraphPointer;
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
  #found: readonly number[] = [];

  constructor(
    elements: GraphElements,
    columns: RunColumns,
    palette: Palette,
    callbacks: GraphCallbacks,
  ) {
    this.#root = elements.root;
    this.#columns = columns;
    this.#palette = palette;
    this.#callbacks = callbacks;
    this.#loop = new FrameLoop(elements, {
      frame: () => this.#frame(),
      highlights: (frame) => this.#highlights(frame),
      selectBox: (box) => this.#selectBox(box),
    });
    this.#pointer = new GraphPointer(elements, columns, {
      frame: () => this.#frame(),
      size: () => this.size,
      show: (viewport) => this.#show(viewport),
      selectBox: (box) => this.#selectBox(box),
      selectCall: callbacks.onSelectCall,
      toggle: (box) => this.#toggle(box),
      showSteps: callbacks.onShowSteps,
      mark: () => this.#loop.paintOverlay(),
    });
    this.scene = new GraphScene(
      columns,
      (input, receive) => this.#runner.request(input, receive),
      (event) => this.#onScene(event),
    );
    this.#stops.push(
      columns.subscribe((change) => this.scene.follow(change)),
      this.#watchSize(),
      this.#pointer.attach(),
      this.#loop.minimap.attach((x, y) => {
        const bounds = this.scene.picture?.layout.bounds;
        if (bounds === undefined) return;
        this.#show(this.#loop.minimap.centreOn(bounds, this.#viewport, this.size, x, y));
      }),
    );
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    this.#loop.close();
    this.#runner.close();
  }

  get size(): Size {
    const { clientWidth: width, clientHeight: height } = this.#root;
    return { width, height };
  }

  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#loop.paintAll();
  }

  configure(settings: SceneSettings): void {
    this.scene.configure(settings, this.size);
  }

  /** Marks the selection of the address; a call that was not selected before is brought into view. */
  select(call: number | undefined, group: number | undefined): void {
    const isNew = call !== undefined && call !== this.#selected.call;
    this.#selected = { call, group };
    if (isNew) this.#revealCall(call);
    this.#loop.paintOverlay();
  }

  setFound(calls: readonly number[]): void {
    this.#found = calls;
    this.#loop.paintOverlay();
  }

  fit(): void {
    const { picture } = this.scene;
    if (picture === undefined) return;
    this.#isFitted = true;
    this.#viewport = fitTo(picture.layout.bounds, this.size);
    this.#loop.paintAll();
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
    const expanded = this.scene.picture?.expanded ?? -1;
    this.#toggle(expanded >= 0 ? expanded : (this.#currentBox() ?? this.#pointer.box));
  }

  /** Moves the focus along edges, or to the neighbour. */
  walk(key: Arrow): void {
    const { picture } = this.scene;
    if (picture === undefined || picture.width.length === 0) return;
    const { buttons } = this.#loop;
    const from = buttons.focused ?? this.#currentBox();
    const box = from === undefined ? 0 : (walk(picture.graph, picture.layout, from, key) ?? from);
    this.#reveal(boundsOf(picture, box));
    const frame = this.#frame();
    if (frame !== undefined) buttons.update(frame, this.size, box);
    buttons.focus(box);
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

  #toggle(index: number): void {
    const { picture } = this.scene;
    const box = picture?.graph.boxes[index];
    if (box === undefined) return;
    if (index === picture?.expanded) this.#callbacks.onExpand(undefined);
    else if (box.members.length > 1) this.#callbacks.onExpand(box.first);
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
    this.#loop.paintAll();
  }

  #onScene(event: SceneEvent): void {
    if (event.kind === 'boxes') {
      this.#loop.paintBoxes(event.boxes);
      this.#pointer.refresh();
      return;
    }
    const { picture } = this.scene;
    if (picture === undefined) return;
    const { bounds } = picture.layout;
    if (event.isNew || (this.#isFitted && !shows(this.#viewport, this.size, bounds))) {
      this.#viewport = fitTo(bounds, this.size);
      this.#isFitted = true;
    }
    if (event.isNew && picture.expanded >= 0) this.#reveal(boundsOf(picture, picture.expanded));
    if (this.#toReveal !== undefined) this.#revealCall(this.#toReveal);
    this.#callbacks.onPicture();
    this.#loop.paintNew();
    this.#pointer.refresh();
  }

  #watchSize(): () => void {
    const resized = () => {
      this.#loop.resize(this.size);
      if (this.#isFitted && this.scene.picture !== undefined) this.fit();
      else this.#loop.paintAll();
    };
    const observer = new ResizeObserver(resized);
    observer.observe(this.#root);
    resized();
    return () => observer.disconnect();
  }

  #frame(): Frame | undefined {
    const { picture } = this.scene;
    return picture === undefined
      ? undefined
      : { picture, columns: this.#columns, viewport: this.#viewport, palette: this.#palette };
  }

  #highlights({ picture }: Frame): Highlights {
    return {
      selectedBox: this.#currentBox() ?? -1,
      hoveredBox: this.#pointer.box,
      selectedCall: this.#selected.call,
      range: this.#pointer.rangeOf(picture),
      found: this.#found,
    };
  }
}
