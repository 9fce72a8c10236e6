/**
 * The boxes and edges of one level of a run's graph.
 *
 * @module
 */
import { formatCount } from '../../format/numbers.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { RunColumns } from '../../live/columns.ts';
import { IntList } from '../../live/growing.ts';
import type { CallGroups } from './groups.ts';
import { byComponent, foldSeries, mergeShapes, type Partition } from './quotient.ts';

export type Level = 'components' | 'groups' | 'calls';

/**
 * `series`: a chain of groups. `shapes`: groups of one component that differ in their parents.
 * `loop`: components that lead to each other, or one that leads to itself.
 */
export type BoxKind = 'call' | 'group' | 'series' | 'shapes' | 'loop';

export interface Box {
  readonly kind: BoxKind;
  /** The first call: the identity of the box while calls are appended. */
  readonly first: number;
  readonly members: Int32Array;
  /** Numbers of the components. */
  readonly components: readonly number[];
  /** The number of groups in the box. */
  readonly groups: number;
  /** The number of calls side by side: those of one group of a series. */
  readonly width: number;
}

export interface BoxGraph {
  readonly level: Level;
  readonly boxes: readonly Box[];
  /** By call: the number of its box. */
  readonly boxOf: Int32Array;
  /** Ends of edges, as numbers of boxes, and how many edges of calls each is. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly calls: Float64Array;
}

/** Above this number of boxes, variants of one component are merged. */
const MAX_SHAPES = 40;
/** The default level has at most this number of boxes. */
const MAX_BOXES = 60;

export function partitionOfGroups(groups: CallGroups): Partition {
  const series = foldSeries(groups);
  return series.count > MAX_SHAPES ? mergeShapes(groups, series) : series;
}

/** The level that is shown if none is requested: groups, unless they are too many. */
export function defaultLevel(groups: CallGroups): Level {
  return partitionOfGroups(groups).count <= MAX_BOXES ? 'groups' : 'components';
}

export function boxesOf(columns: RunColumns, groups: CallGroups, level: Level): BoxGraph {
  if (level === 'calls') return callGraph(columns, groups.known);
  const partition = level === 'groups' ? partitionOfGroups(groups) : byComponent(groups);
  return quotientOf(groups, partition, level);
}

/** Edges between parts, each once; those within a part are counted for the part. */
class EdgeCounter {
  readonly #calls = new Map<number, number>();
  readonly within: Float64Array;

  constructor(private readonly nodes: number) {
    this.within = new Float64Array(nodes);
  }

  add(from: number, to: number, calls: number): void {
    if (from === to) {
      this.within[to] = (this.within[to] ?? 0) + calls;
      return;
    }
    const key = from * this.nodes + to;
    this.#calls.set(key, (this.#calls.get(key) ?? 0) + calls);
  }

  columns(): Pick<BoxGraph, 'from' | 'to' | 'calls'> {
    const keys = [...this.#calls.keys()];
    return {
      from: Int32Array.from(keys, (key) => Math.floor(key / this.nodes)),
      to: Int32Array.from(keys, (key) => key % this.nodes),
      calls: Float64Array.from(this.#calls.values()),
    };
  }
}

function quotientOf(groups: CallGroups, { count, partOf }: Partition, level: Level): BoxGraph {
  const boxOf = new Int32Array(groups.known);
  const members = Array.from({ length: count }, () => new IntList());
  for (let call = 0; call < groups.known; call++) {
    const box = partOf[groups.groupOf[call] ?? 0] ?? 0;
    boxOf[call] = box;
    members[box]?.push(call);
  }
  const edges = new EdgeCounter(count);
  const groupsOf = Array.from({ length: count }, (): number[] => []);
  for (const [index, { parents, edges: calls }] of groups.groups.entries()) {
    const box = partOf[index] ?? 0;
    groupsOf[box]?.push(index);
    for (const [at, parent] of parents.entries()) {
      edges.add(partOf[parent] ?? 0, box, calls[at] ?? 0);
    }
  }
  const boxes = groupsOf.map((inside, index): Box => {
    const present = inside.flatMap((group) => groups.groups[group] ?? []);
    const calls = members[index]?.view() ?? new Int32Array(0);
    return {
      kind: kindOf(level, calls.length, inside.length, (edges.within[index] ?? 0) > 0),
      first: calls[0] ?? 0,
      members: calls,
      components: [...new Set(present.map(({ component }) => component))],
      groups: inside.length,
      width: present[0]?.members.length ?? calls.length,
    };
  });
  return { level, boxes, boxOf, ...edges.columns() };
}

function kindOf(level: Level, calls: number, groups: number, isLinked: boolean): BoxKind {
  if (calls === 1) return 'call';
  if (level === 'components') return isLinked ? 'loop' : 'group';
  if (groups === 1) return 'group';
  return isLinked ? 'series' : 'shapes';
}

function callGraph(columns: RunColumns, known: number): BoxGraph {
  const from = new IntList();
  const to = new IntList();
  for (let call = 0; call < known; call++) {
    columns.eachParent(call, (parent) => {
      from.push(parent);
      to.push(call);
      return from.length < MAX_CALL_EDGES;
    });
  }
  const boxes = Array.from(
    { length: known },
    (_, call): Box => ({
      kind: 'call',
      first: call,
      members: Int32Array.of(call),
      components: [columns.component[call] ?? 0],
      groups: 1,
      width: 1,
    }),
  );
  return {
    level: 'calls',
    boxes,
    boxOf: Int32Array.from({ length: known }, (_, call) => call),
    from: from.view(),
    to: to.view(),
    calls: new Float64Array(from.length).fill(1),
  };
}

/** More edges than this are not drawn. */
const MAX_CALL_EDGES = 300_000;

/** The title of a box: `train`, `train × 667`, `train × 1,000 in series`, `prep × 90 · 5 shapes`. */
export function titleOf(columns: RunColumns, box: Box): string {
  if (box.kind === 'call') return visibleText(columns.nameOf(box.first));
  const names = visibleText(
    box.components.map((component) => columns.components[component] ?? '').join(' ⇄ '),
  );
  const count = formatCount(box.members.length);
  if (box.kind === 'series') {
    return box.width === 1
      ? `${names} × ${count} in series`
      : `${names} × ${formatCount(box.width)}, ${formatCount(box.groups)} in series`;
  }
  if (box.kind === 'shapes') return `${names} × ${count} · ${formatCount(box.groups)} shapes`;
  if (box.kind === 'loop') return `${names} × ${count} loop`;
  return `${names} × ${count}`;
}

/** The label of an edge between boxes, if it is not one call to one call: `1 → 667`. */
export function edgeLabel(graph: BoxGraph, edge: number): string | undefined {
  const from = graph.boxes[graph.from[edge] ?? 0]?.width ?? 1;
  const to = graph.boxes[graph.to[edge] ?? 0]?.width ?? 1;
  if (from === to && (from === 1 || (graph.calls[edge] ?? 0) <= from)) return undefined;
  return `${formatCount(from)} → ${formatCount(to)}`;
}
