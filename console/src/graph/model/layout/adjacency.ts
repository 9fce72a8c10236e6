/**
 * Neighbours of the nodes of a graph in two flat arrays: those of node `n` are
 * `items[start[n]]` to before `items[start[n + 1]]`.
 *
 * @module
 */
export interface Adjacency {
  readonly start: Int32Array;
  readonly items: Int32Array;
}

/** The targets of each node's edges, or the sources if the arguments are exchanged. */
export function adjacencyOf(nodes: number, from: Int32Array, to: Int32Array): Adjacency {
  const start = new Int32Array(nodes + 1);
  for (const node of from) start[node + 1] = (start[node + 1] ?? 0) + 1;
  for (let node = 0; node < nodes; node++)
    start[node + 1] = (start[node + 1] ?? 0) + (start[node] ?? 0);
  const next = start.slice(0, nodes);
  const items = new Int32Array(from.length);
  for (let edge = 0; edge < from.length; edge++) {
    const node = from[edge] ?? 0;
    const at = next[node] ?? 0;
    items[at] = to[edge] ?? 0;
    next[node] = at + 1;
  }
  return { start, items };
}
