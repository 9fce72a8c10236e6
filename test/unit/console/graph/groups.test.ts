import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BoxGraph,
  boxesOf,
  defaultLevel,
  edgeLabel,
  titleOf,
} from '../../../../console/src/graph/model/box-graph.ts';
import { CallGroups } from '../../../../console/src/graph/model/groups.ts';
import { RunColumns } from '../../../../console/src/live/columns.ts';
import { type CallOfTest, graphPage, wideRun } from '../support/documents.ts';

function loaded(calls: readonly CallOfTest[]): { columns: RunColumns; groups: CallGroups } {
  const columns = new RunColumns();
  columns.appendGraph(graphPage(calls));
  const groups = new CallGroups();
  groups.append(columns);
  return { columns, groups };
}

const titles = (calls: readonly CallOfTest[], level: 'components' | 'groups' = 'groups') => {
  const { columns, groups } = loaded(calls);
  return boxesOf(columns, groups, level).boxes.map((box) => titleOf(columns, box));
};

/** Whether the edges of a graph have no cycle: nodes without parents are removed until none is left. */
function isAcyclic({ boxes, from, to }: BoxGraph): boolean {
  const open = new Int32Array(boxes.length);
  for (const box of to) open[box] = (open[box] ?? 0) + 1;
  const ready = [...boxes.keys()].filter((box) => open[box] === 0);
  let removed = 0;
  for (let node = ready.pop(); node !== undefined; node = ready.pop()) {
    removed += 1;
    for (const [edge, start] of from.entries()) {
      if (start !== node) continue;
      const end = to[edge] ?? 0;
      open[end] = (open[end] ?? 0) - 1;
      if (open[end] === 0) ready.push(end);
    }
  }
  return removed === boxes.length;
}

const anyRun = fc
  .array(
    fc.tuple(
      fc.constantFrom('a', 'b', 'c', 'd'),
      fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 3 }),
    ),
    { minLength: 1, maxLength: 120 },
  )
  .map((calls): CallOfTest[] =>
    calls.map(([component, distances], call) => ({
      component,
      parents: [...new Set(distances.map((distance) => call - distance))]
        .filter((parent) => parent >= 0)
        .sort((a, b) => a - b),
    })),
  );

describe('structural groups of calls', () => {
  it('a map of 10,000 branches of three steps has seven groups', () => {
    const { columns, groups } = loaded(wideRun(10_000));
    expect(columns.known).toBe(30_004);
    const graph = boxesOf(columns, groups, 'groups');
    expect(graph.boxes.map((box) => titleOf(columns, box))).toEqual([
      'load',
      'split',
      'prep × 10,000',
      'train × 10,000',
      'score × 10,000',
      'select',
      'report',
    ]);
    expect([...graph.from.keys()].map((edge) => edgeLabel(graph, edge))).toEqual([
      undefined,
      '1 → 10,000',
      undefined,
      undefined,
      '10,000 → 1',
      undefined,
    ]);
    expect(defaultLevel(groups)).toBe('groups');
  });

  it('two calls are in one group exactly if component and groups of parents are equal', () => {
    fc.assert(
      fc.property(anyRun, (calls) => {
        const { groups } = loaded(calls);
        const keys = calls.map(({ component, parents }) => {
          const of = [...new Set(parents.map((parent) => groups.groupOf[parent] ?? -1))];
          return `${component}:${of.sort((a, b) => a - b).join()}`;
        });
        for (const [call, key] of keys.entries()) {
          for (const [other, otherKey] of keys.entries()) {
            expect(groups.groupOf[call] === groups.groupOf[other]).toBe(key === otherKey);
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  it('grouping by pages of any size gives the groups of the whole graph', () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 1, max: 20 }), (calls, size) => {
        const columns = new RunColumns();
        const groups = new CallGroups();
        const firstSeen: number[] = [];
        for (let from = 0; from < calls.length; from += size) {
          columns.appendGraph(graphPage(calls, from, Math.min(calls.length, from + size)));
          groups.append(columns);
          for (let call = firstSeen.length; call < columns.known; call++) {
            firstSeen.push(groups.groupOf[call] ?? -1);
          }
        }
        const whole = loaded(calls).groups;
        expect(firstSeen).toEqual([...whole.groupOf.subarray(0, calls.length)]);
        expect(groups.groups.map(({ edges }) => edges)).toEqual(
          whole.groups.map(({ edges }) => edges),
        );
      }),
    );
  });

  it('at each level each call is in exactly one box, and edges make no cycle', () => {
    fc.assert(
      fc.property(anyRun, (calls) => {
        const { columns, groups } = loaded(calls);
        for (const level of ['components', 'groups', 'calls'] as const) {
          const graph = boxesOf(columns, groups, level);
          const members = graph.boxes.flatMap((box) => [...box.members]);
          expect(members.toSorted((a, b) => a - b)).toEqual([...calls.keys()]);
          for (const [index, box] of graph.boxes.entries()) {
            for (const call of box.members) expect(graph.boxOf[call]).toBe(index);
          }
          expect(isAcyclic(graph)).toBe(true);
        }
      }),
    );
  });

  it('edges between boxes and within boxes are all edges of calls', () => {
    fc.assert(
      fc.property(anyRun, (calls) => {
        const { columns, groups } = loaded(calls);
        const { boxOf, calls: counts } = boxesOf(columns, groups, 'groups');
        const crossing = calls.flatMap(({ parents }, call) =>
          parents.filter((parent) => boxOf[parent] !== boxOf[call]),
        );
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(crossing.length);
      }),
    );
  });

  it('many calls with the same long range of parents are counted as edges of that range', () => {
    const wide = Array.from({ length: 300 }, (): CallOfTest => ({ component: 'a', parents: [] }));
    const all = [...wide.keys()];
    const joins = Array.from({ length: 50 }, (): CallOfTest => ({ component: 'b', parents: all }));
    const { columns, groups } = loaded([...wide, ...joins]);
    const graph = boxesOf(columns, groups, 'groups');
    expect([...graph.calls]).toEqual([15_000]);
    expect(edgeLabel(graph, 0)).toBe('300 → 50');
  });
});

describe('chains of calls', () => {
  const loop = (length: number, parentsOf: (call: number) => readonly number[]): CallOfTest[] => [
    { component: 'load', parents: [] },
    ...Array.from(
      { length },
      (_, index): CallOfTest => ({ component: 'train', parents: parentsOf(index + 1) }),
    ),
    { component: 'report', parents: [length] },
  ];

  it('a loop that awaits its last step is one box in series', () => {
    expect(titles(loop(1_000, (call) => [call - 1]))).toEqual([
      'load',
      'train × 1,000 in series',
      'report',
    ]);
  });

  it('a loop that passes the same data to each iteration is one box in series', () => {
    expect(titles(loop(50, (call) => (call === 1 ? [0] : [0, call - 1])))).toEqual([
      'load',
      'train × 50 in series',
      'report',
    ]);
  });

  it('a loop over a map is one box with both numbers', () => {
    const calls: CallOfTest[] = [];
    for (let call = 0; call < 400; call++) {
      calls.push({ component: 'step', parents: call < 100 ? [] : [call - 100] });
    }
    expect(titles(calls)).toEqual(['step × 100, 4 in series']);
  });

  it('two steps in series stay two boxes', () => {
    expect(titles(loop(2, (call) => [call - 1]))).toEqual(['load', 'train', 'train_1', 'report']);
  });

  it('a chain whose middle has another child is not folded across it', () => {
    const calls = [...loop(6, (call) => [call - 1]), { component: 'check', parents: [3] }];
    expect(titles(calls)).toEqual([
      'load',
      'train × 3 in series',
      'train × 3 in series',
      'report',
      'check',
    ]);
  });
});

describe('levels', () => {
  const variants = (count: number): CallOfTest[] => {
    const calls: CallOfTest[] = [];
    const sources = Array.from({ length: 8 }, (_, index) => index);
    for (const source of sources) calls.push({ component: `source${source}`, parents: [] });
    for (let variant = 1; variant <= count; variant++) {
      calls.push({
        component: 'merge',
        parents: sources.filter((source) => ((variant >> source) & 1) === 1),
      });
    }
    return calls;
  };

  it('more than 40 boxes merge the variants of a component', () => {
    expect(titles(variants(30))).toHaveLength(38);
    expect(titles(variants(60)).at(-1)).toBe('merge × 60 · 60 shapes');
  });

  it('components that lead to each other are one loop', () => {
    const calls: CallOfTest[] = [{ component: 'load', parents: [] }];
    for (let call = 1; call <= 200; call++) {
      calls.push({ component: call % 2 === 1 ? 'train' : 'evaluate', parents: [call - 1] });
    }
    const { groups } = loaded(calls);
    expect(groups.groups).toHaveLength(201);
    expect(defaultLevel(groups)).toBe('components');
    expect(titles(calls, 'components')).toEqual(['load', 'train ⇄ evaluate × 200 loop']);
  });

  it('a component that leads to itself is a loop, and one that does not is a group', () => {
    const calls = Array.from(
      { length: 5 },
      (_, call): CallOfTest => ({ component: 'a', parents: call === 0 ? [] : [call - 1] }),
    );
    expect(
      titles(
        [...calls, { component: 'b', parents: [] }, { component: 'b', parents: [] }],
        'components',
      ),
    ).toEqual(['a × 5 loop', 'b × 2']);
  });
});
