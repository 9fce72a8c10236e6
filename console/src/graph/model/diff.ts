/**
 * The difference of two runs' graphs: boxes with the same structure are aligned.
 *
 * A box is identified by its components and the identities of its parents, so that the numbers of
 * calls may differ: `train × 100` and `train × 400` are one box that has grown.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { CACHED } from '../../live/statuses.ts';
import { type Quantiles, quantilesOf } from './box-durations.ts';
import { type Box, type BoxGraph, boxesOf, titleOf } from './box-graph.ts';
import { CallGroups } from './groups.ts';
import { depthsOf } from './quotient.ts';

/** One run's side of an aligned box. */
export interface DiffSide {
  readonly title: string;
  readonly calls: number;
  readonly cached: number;
  readonly durations: Quantiles | undefined;
}

export interface BoxDiff {
  readonly components: readonly string[];
  /** Absent on the side of a run that does not have the box. */
  readonly before: DiffSide | undefined;
  readonly after: DiffSide | undefined;
  /** The median duration after, divided by the one before. */
  readonly slowdown: number | undefined;
}

interface KeyedBox {
  readonly box: Box;
  readonly depth: number;
}

function graphOf(columns: RunColumns): BoxGraph {
  const groups = new CallGroups();
  groups.append(columns);
  return boxesOf(columns, groups, 'groups');
}

/** Boxes by their identities. Boxes that cannot be distinguished are numbered in their order. */
function keyedBoxes(columns: RunColumns, graph: BoxGraph): ReadonlyMap<string, KeyedBox> {
  const parents = graph.boxes.map(() => new Set<number>());
  for (const [edge, to] of graph.to.entries()) parents[to]?.add(graph.from[edge] ?? 0);
  const depths = depthsOf(parents);
  const texts = new Map<string, number>();
  const keys = new Map<string, KeyedBox>();
  const order = [...graph.boxes.keys()].sort(
    (a, b) => (depths[a] ?? 0) - (depths[b] ?? 0) || a - b,
  );
  const pathOf: string[] = [];
  for (const index of order) {
    const box = graph.boxes[index];
    if (box === undefined) continue;
    const above = [...(parents[index] ?? [])].map((parent) => pathOf[parent] ?? '').sort();
    const names = namesOf(columns, box).join('+');
    const text = `${names}(${above.join(',')})`;
    const count = texts.get(text) ?? 0;
    texts.set(text, count + 1);
    // The digest keeps keys short: a chain of a thousand boxes would repeat all names before it.
    pathOf[index] = `${names}:${digest(`${text}#${count}`)}`;
    keys.set(pathOf[index] ?? text, { box, depth: depths[index] ?? 0 });
  }
  return keys;
}

const namesOf = (columns: RunColumns, { components }: Box): readonly string[] =>
  components.map((component) => columns.components[component] ?? '');

/** 53 bits of a text. */
function digest(text: string): string {
  let high = 0xde_ad_be_ef;
  let low = 0x41_c6_ce_57;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  return `${(high >>> 0).toString(36)}${(low >>> 0).toString(36)}`;
}

function sideOf(columns: RunColumns, box: Box): DiffSide {
  const cached = box.members.reduce(
    (count, call) => count + (columns.status[call] === CACHED ? 1 : 0),
    0,
  );
  return {
    title: titleOf(columns, box),
    calls: box.members.length,
    cached,
    durations: quantilesOf(columns, box),
  };
}

/** Boxes of both runs from the sources on; those of the run before precede at equal depth. */
export function diffOf(before: RunColumns, after: RunColumns): readonly BoxDiff[] {
  const old = keyedBoxes(before, graphOf(before));
  const now = keyedBoxes(after, graphOf(after));
  const keys = [...new Set([...old.keys(), ...now.keys()])];
  const depthOf = (key: string) => (now.get(key) ?? old.get(key))?.depth ?? 0;
  return keys
    .toSorted((a, b) => depthOf(a) - depthOf(b))
    .map((key): BoxDiff => {
      const one = old.get(key);
      const other = now.get(key);
      const sides = {
        before: one === undefined ? undefined : sideOf(before, one.box),
        after: other === undefined ? undefined : sideOf(after, other.box),
      };
      const [p50Before, p50After] = [sides.before?.durations?.p50, sides.after?.durations?.p50];
      const components =
        other === undefined
          ? one === undefined
            ? []
            : namesOf(before, one.box)
          : namesOf(after, other.box);
      return {
        components,
        ...sides,
        slowdown:
          p50Before === undefined || p50After === undefined || p50Before === 0
            ? undefined
            : p50After / p50Before,
      };
    });
}
