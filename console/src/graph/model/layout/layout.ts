/**
 * A layered layout of boxes: layers, waypoints, order, places, and the routes of edges.
 *
 * 1. The graph has no cycle. Edges lead down, or to the right.
 * 2. Boxes do not overlap. An edge with waypoints is not drawn behind boxes of other layers.
 * 3. With `previous`, boxes keep their order, and their places along the layer as far as space
 *    permits: the picture does not jump when calls come.
 *
 * @module
 */
import { type Adjacency, adjacencyOf } from './adjacency.ts';
import { type LayeredGraph, layersOf, withWaypoints } from './layers.ts';
import { type Ordered, orderOf } from './order.ts';
import { placeInOrder, type Unit } from './positions.ts';

export type Direction = 'TB' | 'LR';

export interface LayoutInput {
  readonly direction: Direction;
  /** By box: size. */
  readonly width: Float64Array;
  readonly height: Float64Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** By box: its centre before, NaN for new boxes. Absent: a layout from nothing. */
  readonly previousX?: Float64Array;
  readonly previousY?: Float64Array;
}

export interface Layout {
  readonly direction: Direction;
  /** By box: its centre. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Ends of segments; numbers from the number of boxes on are waypoints. */
  readonly segmentFrom: Int32Array;
  readonly segmentTo: Int32Array;
  /**
   * By segment four points: its start, where it leaves its layer, where it enters the next layer,
   * its end.
   */
  readonly points: Float64Array;
  readonly bounds: {
    readonly left: number;
    readonly top: number;
    readonly right: number;
    readonly bottom: number;
  };
}

const NODE_GAP = 22;
const WAYPOINT_GAP = 14;
const WAYPOINT_WIDTH = 4;
/** Boxes side by side have labels of edges between them. */
const LAYER_GAP: Readonly<Record<Direction, number>> = { TB: 48, LR: 76 };
const ROW_GAP = 14;
const SWEEPS = 8;
/** Graphs with at most this number of boxes get twice the sweeps. */
const MANY = 500;
/** The weight of a box's place of before, compared with 1 for an edge. */
const ANCHOR = 12;
/** The weight of a segment between waypoints, so that trunks are straight. */
const TRUNK = 8;
/** The least columns of a folded layer, and how many times as many boxes a layer without folds has. */
const MIN_COLUMNS = 24;
const FOLD_FACTOR = 2.5;

export function layOut(input: LayoutInput): Layout {
  const count = input.width.length;
  const isAcross = input.direction === 'LR';
  const along = isAcross ? input.height : input.width;
  const across = isAcross ? input.width : input.height;
  const up = adjacencyOf(count, input.to, input.from);
  const down = adjacencyOf(count, input.from, input.to);
  const graph = withWaypoints(layersOf(count, up, down), down);
  const previous = previousPlaces(graph, isAcross ? input.previousY : input.previousX);
  const ordered = orderOf(graph, previous);
  const rows = new Placement(graph, ordered, along, previous);
  rows.place();
  const bands = bandsOf(graph, rows, across, LAYER_GAP[input.direction]);
  return routed(graph, rows, bands, across, input.direction);
}

/** Places of before for nodes and waypoints; undefined if no node has one. */
function previousPlaces(
  { total }: LayeredGraph,
  of: Float64Array | undefined,
): Float64Array | undefined {
  if (of === undefined || of.every((place) => Number.isNaN(place))) return undefined;
  const places = new Float64Array(total).fill(Number.NaN);
  places.set(of);
  return places;
}

/** Places along the layers. Folded layers have columns of several nodes. */
class Placement {
  readonly units: readonly (readonly Unit[])[];
  /** By node or waypoint. */
  readonly centre: Float64Array;
  readonly row: Int32Array;
  /** By layer. */
  readonly rowsOf: readonly number[];
  readonly #graph: LayeredGraph;
  readonly #up: Adjacency;
  readonly #down: Adjacency;
  readonly #previous: Float64Array | undefined;

  constructor(
    graph: LayeredGraph,
    { layers, up, down }: Ordered,
    along: Float64Array,
    previous: Float64Array | undefined,
  ) {
    this.#graph = graph;
    this.#up = up;
    this.#down = down;
    this.#previous = previous;
    this.centre = new Float64Array(graph.total);
    this.row = new Int32Array(graph.total);
    const columns = Math.max(MIN_COLUMNS, Math.ceil(Math.sqrt(graph.nodes) * 0.9));
    this.rowsOf = layers.map((layer) => {
      const boxes = layer.reduce((sum, node) => sum + (node < graph.nodes ? 1 : 0), 0);
      return boxes > columns * FOLD_FACTOR ? Math.ceil(boxes / columns) : 1;
    });
    this.units = layers.map((layer, number) =>
      unitsOf(layer, graph.nodes, this.rowsOf[number] ?? 1, along, this.row),
    );
  }

  place(): void {
    const { units } = this;
    for (const layer of units) this.#pack(layer);
    if (this.#previous !== undefined) {
      for (let sweep = 0; sweep < 2; sweep++) {
        for (const layer of units) this.#align(layer, true, true);
      }
      return;
    }
    const sweeps = this.#graph.nodes > MANY ? SWEEPS : SWEEPS * 2;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      const isLast = sweep >= sweeps - 4;
      if (sweep % 2 === 0) for (const layer of units) this.#align(layer, true, isLast);
      else for (const layer of units.toReversed()) this.#align(layer, isLast, true);
    }
  }

  #pack(layer: readonly Unit[]): void {
    const zeros = new Float64Array(layer.length);
    const ones = new Float64Array(layer.length).fill(1);
    this.#set(layer, zeros, ones);
  }

  #align(layer: readonly Unit[], byUp: boolean, byDown: boolean): void {
    const wished = new Float64Array(layer.length);
    const weights = new Float64Array(layer.length);
    for (const [index, unit] of layer.entries()) {
      let sum = 0;
      let weight = 0;
      const count = (place: number, by: number) => {
        sum += place * by;
        weight += by;
      };
      for (const node of unit.nodes) {
        if (byUp) this.#eachNeighbour(node, this.#up, count);
        if (byDown) this.#eachNeighbour(node, this.#down, count);
        const before = this.#previous?.[node] ?? Number.NaN;
        if (!Number.isNaN(before)) count(before, ANCHOR);
      }
      const present = this.centre[unit.nodes[0] ?? 0] ?? 0;
      wished[index] = weight > 0 ? sum / weight : present;
      weights[index] = weight > 0 ? weight : 0.1;
    }
    this.#set(layer, wished, weights);
  }

  #eachNeighbour(
    node: number,
    { start, items }: Adjacency,
    count: (place: number, weight: number) => void,
  ): void {
    const { nodes } = this.#graph;
    const first = start[node] ?? 0;
    const end = start[node + 1] ?? 0;
    // One node with 10,000 neighbours wishes to be at their mean, with the weight of one edge each.
    for (let index = first; index < end; index++) {
      const other = items[index] ?? 0;
      count(this.centre[other] ?? 0, node >= nodes && other >= nodes ? TRUNK : 1);
    }
  }

  #set(layer: readonly Unit[], wished: Float64Array, weights: Float64Array): void {
    const places = new Float64Array(layer.length);
    placeInOrder(layer, gapBetween, wished, weights, places);
    for (const [index, unit] of layer.entries()) {
      for (const node of unit.nodes) this.centre[node] = places[index] ?? 0;
    }
  }
}

const gapBetween = (left: Unit, right: Unit): number =>
  left.isWaypoint || right.isWaypoint ? WAYPOINT_GAP : NODE_GAP;

function unitsOf(
  layer: Int32Array,
  nodes: number,
  rows: number,
  along: Float64Array,
  rowOf: Int32Array,
): readonly Unit[] {
  const units: Unit[] = [];
  let column: number[] = [];
  const close = () => {
    if (column.length === 0) return;
    const width = column.reduce((most, node) => Math.max(most, along[node] ?? 0), 0);
    units.push({ nodes: column, width, isWaypoint: false });
    column = [];
  };
  for (const node of layer) {
    if (node >= nodes) {
      close();
      units.push({ nodes: [node], width: WAYPOINT_WIDTH, isWaypoint: true });
      continue;
    }
    rowOf[node] = column.length;
    column.push(node);
    if (column.length === rows) close();
  }
  close();
  return units;
}

/** Where each layer starts and ends across, and the height of its rows. */
interface Band {
  readonly start: number;
  readonly end: number;
  readonly rowHeight: number;
}

function bandsOf(
  graph: LayeredGraph,
  { units, rowsOf }: Placement,
  across: Float64Array,
  gap: number,
): Band[] {
  const bands: Band[] = [];
  let start = 0;
  for (const [number, layer] of units.entries()) {
    let rowHeight = 0;
    for (const { nodes } of layer) {
      for (const node of nodes) {
        if (node < graph.nodes) rowHeight = Math.max(rowHeight, across[node] ?? 0);
      }
    }
    const rows = rowsOf[number] ?? 1;
    const end = start + rows * rowHeight + (rows - 1) * ROW_GAP;
    bands.push({ start, end, rowHeight });
    start = end + gap;
  }
  return bands;
}

function routed(
  graph: LayeredGraph,
  rows: Placement,
  bands: readonly Band[],
  across: Float64Array,
  direction: Direction,
): Layout {
  const { nodes, layer, from, to } = graph;
  const main = rows.centre;
  const depth = new Float64Array(nodes);
  const side = new Float64Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const band = bands[layer[node] ?? 0];
    if (band === undefined) continue;
    const row = rows.row[node] ?? 0;
    depth[node] = band.start + row * (band.rowHeight + ROW_GAP) + band.rowHeight / 2;
  }
  for (const [number, units] of rows.units.entries()) {
    if ((rows.rowsOf[number] ?? 1) === 1) continue;
    for (const unit of units) {
      for (const node of unit.nodes) side[node] = unit.width / 2 + NODE_GAP / 2;
    }
  }
  const points = new Float64Array(from.length * 8);
  for (let segment = 0; segment < from.length; segment++) {
    const start = from[segment] ?? 0;
    const end = to[segment] ?? 0;
    const above = bands[layer[start] ?? 0];
    const below = bands[layer[end] ?? 0];
    if (above === undefined || below === undefined) continue;
    const isStartBox = start < nodes;
    const isEndBox = end < nodes;
    const startDepth = isStartBox ? (depth[start] ?? 0) + (across[start] ?? 0) / 2 : above.start;
    const endDepth = isEndBox ? (depth[end] ?? 0) - (across[end] ?? 0) / 2 : below.start;
    // A box in an inner row of a folded layer is reached through the gap beside its column.
    const rowsAbove = rows.rowsOf[layer[start] ?? 0] ?? 1;
    const isInner = isStartBox && rowsAbove > 1 && (rows.row[start] ?? 0) < rowsAbove - 1;
    const isDeep = isEndBox && (rows.row[end] ?? 0) > 0;
    const at = segment * 8;
    points[at] = main[start] ?? 0;
    points[at + 1] = startDepth;
    points[at + 2] = (main[start] ?? 0) + (isInner ? (side[start] ?? 0) : 0);
    points[at + 3] = above.end;
    points[at + 4] = (main[end] ?? 0) + (isDeep ? (side[end] ?? 0) : 0);
    points[at + 5] = below.start;
    points[at + 6] = main[end] ?? 0;
    points[at + 7] = endDepth;
  }
  const places = main.slice(0, nodes);
  if (direction === 'LR') swapPairs(points);
  const x = direction === 'LR' ? depth : places;
  const y = direction === 'LR' ? places : depth;
  return {
    direction,
    x,
    y,
    segmentFrom: from,
    segmentTo: to,
    points,
    bounds: boundsOf(places, depth, rows, bands, direction),
  };
}

function swapPairs(points: Float64Array): void {
  for (let at = 0; at < points.length; at += 2) {
    const first = points[at] ?? 0;
    points[at] = points[at + 1] ?? 0;
    points[at + 1] = first;
  }
}

function boundsOf(
  places: Float64Array,
  depth: Float64Array,
  { units }: Placement,
  bands: readonly Band[],
  direction: Direction,
): Layout['bounds'] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const unit of units.flat()) {
    const node = unit.nodes[0] ?? 0;
    if (unit.isWaypoint) continue;
    low = Math.min(low, (places[node] ?? 0) - unit.width / 2);
    high = Math.max(high, (places[node] ?? 0) + unit.width / 2);
  }
  if (depth.length === 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  const end = bands.at(-1)?.end ?? 0;
  return direction === 'LR'
    ? { left: 0, top: low, right: end, bottom: high }
    : { left: low, top: 0, right: high, bottom: end };
}
