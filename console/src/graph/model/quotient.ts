/**
 * Steps from groups of calls to the boxes that a level draws: each returns, by group, the number of
 * its part. Parts are numbered from 0 in the order of their first groups.
 *
 * @module
 */
import type { CallGroups, Group } from './groups.ts';

export interface Partition {
  readonly count: number;
  /** By group: the number of its part. */
  readonly partOf: Int32Array;
}

/** Shorter chains stay separate boxes. */
const MIN_SERIES = 3;

function numbered(labelOf: (group: number) => number, groups: number): Partition {
  const partOf = new Int32Array(groups);
  const numbers = new Map<number, number>();
  for (let group = 0; group < groups; group++) {
    const label = labelOf(group);
    const present = numbers.get(label);
    partOf[group] = present ?? numbers.size;
    if (present === undefined) numbers.set(label, numbers.size);
  }
  return { count: numbers.size, partOf };
}

const sameSet = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/**
 * Folds chains: a group whose parent has the same component and size, and no other child, joins the
 * chain of that parent. Parents besides that one must be those of the link before, so that
 * `state = train(state, data)` is a chain. No path leaves a chain before its last group, so folding
 * makes no cycle.
 */
export function foldSeries({ groups }: CallGroups): Partition {
  const children = new Int32Array(groups.length);
  for (const { parents } of groups) {
    for (const parent of parents) children[parent] = (children[parent] ?? 0) + 1;
  }
  const head = Int32Array.from(groups, (_, index) => index);
  const length = new Int32Array(groups.length).fill(1);
  const linkOf = (group: Group): number | undefined =>
    group.parents.find((number) => {
      const parent = groups[number];
      return (
        children[number] === 1 &&
        parent?.component === group.component &&
        parent.members.length === group.members.length
      );
    });
  const others = new Map<number, readonly number[]>();
  for (const [index, group] of groups.entries()) {
    const link = linkOf(group);
    if (link === undefined) continue;
    const besides = group.parents.filter((parent) => parent !== link);
    const before = others.get(link);
    if (before !== undefined && !sameSet(before, besides)) continue;
    others.set(index, besides);
    const first = head[link] ?? link;
    head[index] = first;
    length[first] = (length[first] ?? 1) + 1;
  }
  return numbered((group) => {
    const first = head[group] ?? group;
    return (length[first] ?? 1) >= MIN_SERIES ? first : group;
  }, groups.length);
}

/** The parents of each part, without itself. */
function parentsOfParts({ groups }: CallGroups, { count, partOf }: Partition): Set<number>[] {
  const parents = Array.from({ length: count }, () => new Set<number>());
  for (const [index, group] of groups.entries()) {
    const part = partOf[index] ?? 0;
    for (const parent of group.parents) {
      const from = partOf[parent] ?? 0;
      if (from !== part) parents[part]?.add(from);
    }
  }
  return parents;
}

/**
 * Merges parts of one component at one depth: the variants of branches that differ slightly. Edges
 * lead from a smaller depth to a larger one, so merging makes no cycle.
 */
export function mergeShapes(calls: CallGroups, parts: Partition): Partition {
  const parents = parentsOfParts(calls, parts);
  const componentOf = new Int32Array(parts.count);
  for (const [index, { component }] of calls.groups.entries()) {
    componentOf[parts.partOf[index] ?? 0] = component;
  }
  const depths = depthsOf(parents);
  return numbered((group) => {
    const part = parts.partOf[group] ?? 0;
    return (componentOf[part] ?? 0) * 2 ** 26 + (depths[part] ?? 0);
  }, calls.groups.length);
}

/** The length of the longest path to each node of a graph without cycles, given its parents. */
export function depthsOf(parents: readonly ReadonlySet<number>[]): Int32Array {
  const depths = new Int32Array(parents.length).fill(-1);
  const open: number[] = [];
  for (let start = 0; start < parents.length; start++) {
    open.push(start);
    while (open.length > 0) {
      const node = open.at(-1) ?? 0;
      let deepest = -1;
      let missing = -1;
      for (const parent of parents[node] ?? []) {
        const depth = depths[parent] ?? 0;
        if (depth < 0) {
          missing = parent;
          break;
        }
        if (depth > deepest) deepest = depth;
      }
      if (missing >= 0) open.push(missing);
      else {
        depths[node] = deepest + 1;
        open.pop();
      }
    }
  }
  return depths;
}

/**
 * One part a component; components that lead to each other are one part, a loop. (Strongly
 * connected components: R. Tarjan, Depth-first search and linear graph algorithms, 1972.)
 */
export function byComponent({ groups }: CallGroups): Partition {
  const children = new Map<number, Set<number>>();
  for (const { component, parents } of groups) {
    if (!children.has(component)) children.set(component, new Set());
    for (const parent of parents) {
      children.get(groups[parent]?.component ?? component)?.add(component);
    }
  }
  const loopOf = stronglyConnected(children);
  return numbered((group) => loopOf.get(groups[group]?.component ?? 0) ?? 0, groups.length);
}

function stronglyConnected(
  children: ReadonlyMap<number, ReadonlySet<number>>,
): Map<number, number> {
  const order = new Map<number, number>();
  const low = new Map<number, number>();
  const loopOf = new Map<number, number>();
  const stack: number[] = [];
  const enter = (node: number) => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    stack.push(node);
    return { node, rest: (children.get(node) ?? new Set<number>()).values() };
  };
  const lower = (node: number, to: number | undefined) => {
    if (to !== undefined) low.set(node, Math.min(low.get(node) ?? to, to));
  };
  for (const start of children.keys()) {
    if (order.has(start)) continue;
    const path = [enter(start)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done !== true) {
        if (!order.has(next.value)) path.push(enter(next.value));
        else if (!loopOf.has(next.value)) lower(top.node, order.get(next.value));
        continue;
      }
      path.pop();
      const above = path.at(-1);
      if (above !== undefined) lower(above.node, low.get(top.node));
      if (low.get(top.node) !== order.get(top.node)) continue;
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        loopOf.set(node, top.node);
        if (node === top.node) break;
      }
    }
  }
  return loopOf;
}
