/**
 * The graph of a run in the console: groups of a wide run, and the layout of many boxes.
 *
 * @module
 */
import { boxesOf } from '../console/src/graph/model/box-graph.ts';
import { CallGroups } from '../console/src/graph/model/groups.ts';
import { layOut } from '../console/src/graph/model/layout/layout.ts';
import { RunColumns } from '../console/src/live/columns.ts';
import type { RunGraphDocument } from '../src/wire/run-state.ts';
import { rounds, type Samples, time } from './harness.ts';

/** `load → split → n × (prep → train → score) → select → report` as one page of a graph. */
function wideGraph(width: number): RunGraphDocument {
  const component = [0, 1, 1, 1];
  const parents = [0, 1, 1, 1];
  for (let member = 0; member < width; member++) {
    component.push(2, 1, 3, 1, 4, 1);
    parents.push(1, 1 + member * 3, 1, 1, 1, 1, 1, 1, 1);
  }
  component.push(5, 1, 6, 1);
  parents.push(width);
  for (let member = 0; member < width; member++) parents.push((width - member) * 3 - 2, 1);
  parents.push(1, 1, 1);
  return {
    epoch: 0,
    from: 0,
    calls: 3 * width + 4,
    more: false,
    components: ['load', 'split', 'prep', 'train', 'score', 'select', 'report'],
    component,
    names: [],
    ordinals: [0, 0, 0, 0, 0, 0, 0],
    parents,
  };
}

/** A graph of layers of 40 boxes, each with one or two parents in the layers before. */
function layeredGraph(boxes: number) {
  let state = 1;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const edges = new Map<number, readonly [from: number, to: number]>();
  for (let box = 40; box < boxes; box++) {
    for (let count = random() < 0.5 ? 1 : 2; count > 0; count--) {
      const back = random() < 0.8 ? 1 : 1 + Math.floor(random() * 4);
      const layer = Math.max(0, Math.floor(box / 40) - back);
      const from = layer * 40 + Math.floor(random() * 40);
      edges.set(from * boxes + box, [from, box]);
    }
  }
  return {
    direction: 'TB',
    width: new Float64Array(boxes).fill(168),
    height: new Float64Array(boxes).fill(44),
    from: Int32Array.from(edges.values(), ([from]) => from),
    to: Int32Array.from(edges.values(), ([, to]) => to),
  } as const;
}

export function measureGraph(quick: boolean): Promise<Samples> {
  const width = quick ? 100 : 10_000;
  const page = wideGraph(width);
  const layered = layeredGraph(quick ? 200 : 5_000);
  return rounds(quick ? 0 : 3, quick ? 1 : 9, async () => {
    const columns = new RunColumns();
    columns.appendGraph(page);
    const groups = new CallGroups();
    const group = await time(async () => {
      groups.append(columns);
      const { boxes } = boxesOf(columns, groups, 'groups');
      if (boxes.length !== 7) throw new Error(`the run has ${boxes.length} groups, not 7`);
    });
    const layout = await time(async () => {
      layOut(layered);
    });
    return { 'console.group': group, 'console.layout': layout };
  });
}
