/**
 * What the graph shows: the boxes of a level, their places and counts. It follows the columns.
 *
 * 1. A change of statuses or times names the boxes to paint again; it moves nothing.
 * 2. New calls keep the places of the boxes that were there.
 *
 * @module
 */
import type { ColumnsChange, RunColumns } from '../live/columns.ts';
import { BoxCounts } from './model/box-counts.ts';
import { type Box, type BoxGraph, boxesOf, defaultLevel, type Level } from './model/box-graph.ts';
import { expandedSize, sizeOf } from './model/box-sizes.ts';
import { type CellOrder, CellOrders } from './model/cell-order.ts';
import { CallGroups } from './model/groups.ts';
import { type Direction, type Layout, type LayoutInput, layOut } from './model/layout/layout.ts';
import { type Bounds, fitTo, type Size } from './model/viewport.ts';

export interface SceneSettings {
  readonly level: Level | undefined;
  /** A call of the box that is shown with its members as boxes. */
  readonly expanded: number | undefined;
  readonly direction: Direction | undefined;
  /** Undefined: the order of calls. */
  readonly cells: CellOrder | undefined;
}

/** All that is painted; replaced as a whole by the next layout. */
export interface Picture {
  readonly graph: BoxGraph;
  readonly counts: BoxCounts;
  readonly cells: CellOrders;
  readonly layout: Layout;
  readonly width: Float64Array;
  readonly height: Float64Array;
  /** The number of the expanded box, or -1. */
  readonly expanded: number;
}

export type SceneEvent =
  | { readonly kind: 'layout'; readonly isNew: boolean }
  /** Boxes of calls whose statuses or times changed. */
  | { readonly kind: 'boxes'; readonly boxes: ReadonlySet<number> };

type RunLayout = (input: LayoutInput, receive: (layout: Layout) => void) => void;

/** Both directions are tried, and the larger picture chosen, up to this number of boxes. */
const MAX_TRIED = 400;

export class GraphScene {
  picture: Picture | undefined;
  readonly #columns: RunColumns;
  readonly #runLayout: RunLayout;
  readonly #emit: (event: SceneEvent) => void;
  #groups = new CallGroups();
  #settings: SceneSettings = {
    level: undefined,
    expanded: undefined,
    direction: undefined,
    cells: undefined,
  };
  #screen: Size = { width: 1, height: 1 };
  #isNew = true;
  #direction: Direction | undefined;

  constructor(columns: RunColumns, runLayout: RunLayout, emit: (event: SceneEvent) => void) {
    this.#columns = columns;
    this.#runLayout = runLayout;
    this.#emit = emit;
  }

  /** The numbers that the switch of levels shows. */
  levels(): Readonly<Record<Level, number>> {
    const level = (name: Level) => boxesOf(this.#columns, this.#groups, name).boxes.length;
    return { components: level('components'), groups: level('groups'), calls: this.#groups.known };
  }

  /** The level that is shown; an expanded group is shown among the boxes of the default level. */
  get level(): Level {
    const { level, expanded } = this.#settings;
    if (level === undefined || (level === 'calls' && expanded !== undefined)) {
      return defaultLevel(this.#groups);
    }
    return level;
  }

  configure(settings: SceneSettings, screen: Size): void {
    const before = this.#settings;
    this.#settings = settings;
    this.#screen = screen;
    if (
      before.level === settings.level &&
      before.expanded === settings.expanded &&
      before.direction === settings.direction &&
      !this.#isNew
    ) {
      this.#orderCells();
      return;
    }
    this.#direction = undefined;
    this.#isNew = true;
    this.rebuild();
  }

  /** Boxes stay where they are when only their cells have another order. */
  #orderCells(): void {
    const { picture } = this;
    const { cells } = this.#settings;
    if (picture === undefined || picture.cells.order === cells) return;
    this.picture = { ...picture, cells: new CellOrders(picture.graph, this.#columns, cells) };
    this.#emit({ kind: 'layout', isNew: false });
  }

  follow(change: ColumnsChange): void {
    if (change.isReset) {
      this.#groups = new CallGroups();
      this.#isNew = true;
      this.#direction = undefined;
    }
    if (this.#columns.known > this.#groups.known || change.isReset) {
      this.rebuild();
      return;
    }
    const { picture } = this;
    if (picture === undefined) return;
    picture.counts.update(this.#columns.status, change.changed);
    const { boxOf, boxes: all } = picture.graph;
    const boxes = new Set(change.changed?.flatMap((call) => boxOf[call] ?? []) ?? all.keys());
    if (boxes.size > 0) this.#emit({ kind: 'boxes', boxes });
  }

  /** Makes the boxes of the present columns and settings, and requests their layout. */
  rebuild(): void {
    this.#groups.append(this.#columns);
    const graph = boxesOf(this.#columns, this.#groups, this.level);
    const expanded = this.#expandedBox(graph);
    const sizes = graph.boxes.map((box, index) =>
      index === expanded ? expandedSize(box.members.length) : sizeOf(box),
    );
    const width = Float64Array.from(sizes, (size) => size.width);
    const height = Float64Array.from(sizes, (size) => size.height);
    const { direction } = this.#settings;
    const isNew = this.#isNew || this.picture === undefined;
    const input = (chosen: Direction): LayoutInput => ({
      direction: chosen,
      width,
      height,
      from: graph.from,
      to: graph.to,
      ...(isNew ? {} : this.#previous(graph.boxes)),
    });
    const receive = (layout: Layout) => {
      // Statuses may have changed while a worker made the layout.
      const counts = new BoxCounts(graph, this.#columns.status);
      const cells = new CellOrders(graph, this.#columns, this.#settings.cells);
      this.picture = { graph, counts, cells, layout, width, height, expanded };
      this.#isNew = false;
      this.#direction = layout.direction;
      this.#emit({ kind: 'layout', isNew });
    };
    const fixed = direction ?? this.#direction;
    if (fixed !== undefined) this.#runLayout(input(fixed), receive);
    else if (graph.boxes.length > MAX_TRIED) this.#runLayout(input('TB'), receive);
    else receive(this.#larger(layOut(input('TB')), layOut(input('LR'))));
  }

  /** Of two layouts, the one that is larger when the whole picture is visible; else the first. */
  #larger(down: Layout, across: Layout): Layout {
    const scale = (layout: Layout) => fitTo(layout.bounds, this.#screen).scale;
    return scale(across) > scale(down) * 1.1 ? across : down;
  }

  #expandedBox(graph: BoxGraph): number {
    const { level, expanded } = this.#settings;
    if (level !== 'calls' || expanded === undefined) return -1;
    const box = graph.boxOf[expanded] ?? -1;
    return (graph.boxes[box]?.members.length ?? 0) > 1 ? box : -1;
  }

  #previous(boxes: readonly Box[]): Pick<LayoutInput, 'previousX' | 'previousY'> {
    const { picture } = this;
    if (picture === undefined) return {};
    const before = new Map(picture.graph.boxes.map(({ first }, index) => [first, index]));
    const placesOf = (places: Float64Array) =>
      Float64Array.from(boxes, ({ first }) => places[before.get(first) ?? -1] ?? Number.NaN);
    return { previousX: placesOf(picture.layout.x), previousY: placesOf(picture.layout.y) };
  }
}

export function boundsOf({ layout, width, height }: Picture, box: number): Bounds {
  const [x, y] = [layout.x[box] ?? 0, layout.y[box] ?? 0];
  const [w, h] = [(width[box] ?? 0) / 2, (height[box] ?? 0) / 2];
  return { left: x - w, right: x + w, top: y - h, bottom: y + h };
}

/** The box at a point of the picture. */
export function boxAt(picture: Picture, x: number, y: number): number | undefined {
  const { layout, width, height } = picture;
  for (let box = 0; box < width.length; box++) {
    if (
      Math.abs(x - (layout.x[box] ?? 0)) <= (width[box] ?? 0) / 2 &&
      Math.abs(y - (layout.y[box] ?? 0)) <= (height[box] ?? 0) / 2
    ) {
      return box;
    }
  }
  return undefined;
}
