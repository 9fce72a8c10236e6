/**
 * The second step of a layered layout: the order of the nodes within each layer, with few crossings.
 * Sweeps sort each layer by the mean place of the neighbours in the layer before (barycentre).
 *
 * @module
 */
import { type Adjacency, adjacencyOf } from './adjacency.ts';
import type { LayeredGraph } from './layers.ts';

const SWEEPS = 8;
/** Crossings are counted, and the best sweep kept, up to this number of segments. */
const MAX_COUNTED = 4_000;

export interface Ordered {
  /** By layer: its nodes and waypoints in their order. */
  readonly layers: readonly Int32Array[];
  readonly up: Adjacency;
  readonly down: Adjacency;
}

/**
 * `previous` has the places that nodes had before along the layer, NaN for new ones. Nodes that have
 * one keep their order: then only new nodes are sorted in, by their neighbours.
 */
export function orderOf(graph: LayeredGraph, previous: Float64Array | undefined): Ordered {
  const up = adjacencyOf(graph.total, graph.to, graph.from);
  const down = adjacencyOf(graph.total, graph.from, graph.to);
  let layers = inOrderOfNumbers(graph);
  const place = new Float64Array(graph.total);
  setPlaces(layers, place);
  if (previous !== undefined) return { layers: insertNew(layers, up, previous), up, down };

  let best = layers.map((layer) => layer.slice());
  let fewest = crossings(graph, layers, down, place);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const isDown = sweep % 2 === 0;
    const sequence = isDown ? layers : layers.toReversed();
    for (const layer of sequence) sortByNeighbours(layer, isDown ? up : down, place);
    const count = crossings(graph, layers, down, place);
    if (count >= fewest) continue;
    fewest = count;
    best = layers.map((layer) => layer.slice());
  }
  layers = Number.isFinite(fewest) ? best : layers;
  return { layers, up, down };
}

function inOrderOfNumbers({ total, layer, layers: count }: LayeredGraph): Int32Array[] {
  const sizes = new Int32Array(count);
  for (const each of layer) sizes[each] = (sizes[each] ?? 0) + 1;
  const layers = Array.from(sizes, (size) => new Int32Array(size));
  sizes.fill(0);
  for (let node = 0; node < total; node++) {
    const number = layer[node] ?? 0;
    const at = sizes[number] ?? 0;
    const present = layers[number];
    if (present !== undefined) present[at] = node;
    sizes[number] = at + 1;
  }
  return layers;
}

function setPlaces(layers: readonly Int32Array[], place: Float64Array): void {
  for (const layer of layers) {
    for (let index = 0; index < layer.length; index++) place[layer[index] ?? 0] = index;
  }
}

function meanOf(node: number, { start, items }: Adjacency, place: Float64Array): number {
  const first = start[node] ?? 0;
  const end = start[node + 1] ?? 0;
  if (end === first) return Number.NaN;
  let sum = 0;
  for (let index = first; index < end; index++) sum += place[items[index] ?? 0] ?? 0;
  return sum / (end - first);
}

function sortByNeighbours(layer: Int32Array, neighbours: Adjacency, place: Float64Array): void {
  const keys = new Float64Array(layer.length);
  let isSorted = true;
  for (let index = 0; index < layer.length; index++) {
    const mean = meanOf(layer[index] ?? 0, neighbours, place);
    keys[index] = Number.isNaN(mean) ? index : mean;
    if (index > 0 && (keys[index] ?? 0) < (keys[index - 1] ?? 0)) isSorted = false;
  }
  if (isSorted) return;
  const sorted = Int32Array.from(layer.keys()).sort(
    (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b,
  );
  const before = layer.slice();
  for (let index = 0; index < layer.length; index++) {
    const node = before[sorted[index] ?? 0] ?? 0;
    layer[index] = node;
    place[node] = index;
  }
}

/** Crossings of the segments between neighbouring layers; infinite if they are too many to count. */
function crossings(
  graph: LayeredGraph,
  layers: readonly Int32Array[],
  down: Adjacency,
  place: Float64Array,
): number {
  if (graph.from.length > MAX_COUNTED) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (const [number, layer] of layers.entries()) {
    const size = layers[number + 1]?.length ?? 0;
    if (size < 2) continue;
    const tree = new Int32Array(size + 1);
    let before = 0;
    for (const node of layer) {
      const targets = Array.from(
        down.items.subarray(down.start[node], down.start[node + 1]),
        (child) => place[child] ?? 0,
      ).filter((target) => target < size);
      for (const target of targets) {
        let smaller = 0;
        for (let at = target + 1; at > 0; at -= at & -at) smaller += tree[at] ?? 0;
        count += before - smaller;
      }
      for (const target of targets) {
        before += 1;
        for (let at = target + 1; at <= size; at += at & -at) tree[at] = (tree[at] ?? 0) + 1;
      }
    }
  }
  return count;
}

/** Orders each layer by the places of before; a new node goes to the mean of its parents. */
function insertNew(
  layers: readonly Int32Array[],
  up: Adjacency,
  previous: Float64Array,
): readonly Int32Array[] {
  const place = previous.slice();
  for (const layer of layers) {
    let last = 0;
    for (const node of layer) {
      if (!Number.isNaN(place[node] ?? Number.NaN)) continue;
      const mean = meanOf(node, up, place);
      place[node] = Number.isNaN(mean) ? last : mean;
      last = place[node] ?? last;
    }
    layer.sort((a, b) => (place[a] ?? 0) - (place[b] ?? 0) || a - b);
  }
  return layers;
}
