/**
 * The first step of a layered layout (K. Sugiyama, S. Tagawa, M. Toda, Methods for visual
 * understanding of hierarchical system structures, 1981): each node gets a layer, so that edges lead
 * to larger layers.
 *
 * @module
 */
import type { Adjacency } from './adjacency.ts';

/**
 * A node's layer is the length of the longest path to it; a source is pulled down to the layer above
 * its first child. The graph must have no cycle.
 */
export function layersOf(nodes: number, up: Adjacency, down: Adjacency): Int32Array {
  const layer = new Int32Array(nodes);
  const open = new Int32Array(nodes);
  const queue = new Int32Array(nodes);
  let filled = 0;
  for (let node = 0; node < nodes; node++) {
    open[node] = (up.start[node + 1] ?? 0) - (up.start[node] ?? 0);
    if (open[node] === 0) queue[filled++] = node;
  }
  for (let at = 0; at < filled; at++) {
    const node = queue[at] ?? 0;
    const next = (layer[node] ?? 0) + 1;
    const end = down.start[node + 1] ?? 0;
    for (let index = down.start[node] ?? 0; index < end; index++) {
      const child = down.items[index] ?? 0;
      if ((layer[child] ?? 0) < next) layer[child] = next;
      const left = (open[child] ?? 0) - 1;
      open[child] = left;
      if (left === 0) queue[filled++] = child;
    }
  }
  for (let node = 0; node < nodes; node++) {
    if (up.start[node + 1] !== up.start[node]) continue;
    let first = -1;
    const end = down.start[node + 1] ?? 0;
    for (let index = down.start[node] ?? 0; index < end; index++) {
      const child = layer[down.items[index] ?? 0] ?? 0;
      if (first < 0 || child < first) first = child;
    }
    if (first > 0) layer[node] = first - 1;
  }
  return layer;
}

/**
 * The graph with waypoints: an edge over several layers passes one waypoint in each layer between,
 * so that it gets a place of its own and is not drawn behind boxes. Long edges of one node share
 * their waypoints: they are drawn as one trunk with branches.
 */
export interface LayeredGraph {
  /** Nodes and waypoints; waypoints have numbers from `nodes` on. */
  readonly total: number;
  readonly nodes: number;
  /** By node or waypoint. */
  readonly layer: Int32Array;
  readonly layers: number;
  /** Segments lead from one layer to the next, except those of edges that got no waypoints. */
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** Edges over more layers than these get no waypoints if there would be too many. */
const SPANS = [Number.POSITIVE_INFINITY, 64, 16, 4, 2];

export function withWaypoints(layer: Int32Array, down: Adjacency): LayeredGraph {
  const nodes = layer.length;
  const span = SPANS.find((limit) => waypointsOf(layer, down, limit) <= 8_000 + nodes * 2) ?? 1;
  const layerOf: number[] = [...layer];
  const from: number[] = [];
  const to: number[] = [];
  const trunk: number[] = [];
  for (let node = 0; node < nodes; node++) {
    const base = layer[node] ?? 0;
    trunk.length = 0;
    const end = down.start[node + 1] ?? 0;
    for (let index = down.start[node] ?? 0; index < end; index++) {
      const child = down.items[index] ?? 0;
      const length = (layer[child] ?? 0) - base;
      if (length > 1 && length <= span) {
        while (trunk.length < length - 1) {
          const waypoint = layerOf.length;
          layerOf.push(base + trunk.length + 1);
          from.push(trunk.at(-1) ?? node);
          to.push(waypoint);
          trunk.push(waypoint);
        }
        from.push(trunk[length - 2] ?? node);
      } else from.push(node);
      to.push(child);
    }
  }
  return {
    total: layerOf.length,
    nodes,
    layer: Int32Array.from(layerOf),
    layers: layer.reduce((most, each) => Math.max(most, each + 1), 0),
    from: Int32Array.from(from),
    to: Int32Array.from(to),
  };
}

function waypointsOf(layer: Int32Array, down: Adjacency, span: number): number {
  let count = 0;
  for (let node = 0; node < layer.length; node++) {
    let longest = 1;
    const end = down.start[node + 1] ?? 0;
    for (let index = down.start[node] ?? 0; index < end; index++) {
      const length = (layer[down.items[index] ?? 0] ?? 0) - (layer[node] ?? 0);
      if (length <= span && length > longest) longest = length;
    }
    count += longest - 1;
  }
  return count;
}
