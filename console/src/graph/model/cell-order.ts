/**
 * The order of the cells of a box: that of calls, or what needs attention first.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { PENDING, SEVERITY } from '../../live/statuses.ts';
import { durationOf } from './box-durations.ts';
import type { BoxGraph } from './box-graph.ts';

/** `status`: the worst first. `duration`: the longest first, those without one last. */
export const CELL_ORDERS = ['status', 'duration'] as const;
export type CellOrder = (typeof CELL_ORDERS)[number];

type Ranked = Pick<RunColumns, 'status' | 'started' | 'ended' | 'version'>;

/** The members of boxes in the order of their cells, sorted again when the columns have changed. */
export class CellOrders {
  readonly order: CellOrder | undefined;
  readonly #graph: BoxGraph;
  readonly #columns: Ranked;
  readonly #sorted = new Map<number, { readonly version: number; readonly calls: Int32Array }>();

  /** @param order undefined: the order of calls */
  constructor(graph: BoxGraph, columns: Ranked, order: CellOrder | undefined) {
    this.#graph = graph;
    this.#columns = columns;
    this.order = order;
  }

  membersOf(box: number): Int32Array {
    const members = this.#graph.boxes[box]?.members ?? new Int32Array(0);
    if (this.order === undefined || members.length < 2) return members;
    const { version } = this.#columns;
    const known = this.#sorted.get(box);
    if (known?.version === version) return known.calls;
    const calls = sortedBy(members, this.order, this.#columns);
    this.#sorted.set(box, { version, calls });
    return calls;
  }

  /** The place of a member among the cells of its box. */
  placeOf(box: number, call: number): number {
    return this.membersOf(box).indexOf(call);
  }
}

/** Equal members stay in the order of calls. */
function sortedBy(members: Int32Array, order: CellOrder, columns: Ranked): Int32Array {
  const rank = (call: number): number =>
    order === 'status'
      ? (SEVERITY[columns.status[call] ?? PENDING] ?? 0)
      : -(durationOf(columns, call) ?? -1);
  const ranks = Float64Array.from(members, rank);
  return Int32Array.from(members.keys())
    .sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b)
    .map((place) => members[place] ?? 0);
}
