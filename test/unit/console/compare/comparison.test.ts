import { describe, expect, it } from 'vitest';
import {
  codeRows,
  factRows,
  metricRows,
  metricsOf,
  modelRows,
  parameterRows,
  rowOf,
} from '../../../../console/src/screens/compare/comparison.ts';
import { graphRows } from '../../../../console/src/screens/compare/graph-rows.ts';
import { compareSearch, runIdsOf } from '../../../../console/src/screens/compare/search.ts';
import { runIdSchema } from '../../../../src/model/ids.ts';
import type { ComponentState } from '../../../../src/wire/run-state.ts';
import type { ScalarSummary } from '../../../../src/wire/series.ts';
import type { ComparedRun } from '../../../../src/wire/summaries.ts';

const run = (changes: Partial<ComparedRun>): ComparedRun => ({
  id: runIdSchema.parse('01m8nxphpnkh2dtg8tw0f73gq0'),
  pipeline: 'iris',
  project: 'demo',
  version: '1.0.0',
  number: 1,
  addRunNumber: true,
  status: 'completed',
  tags: [],
  rerunOf: null,
  parent: null,
  waitsForSignals: [],
  createdBy: 'mina',
  archived: false,
  errorMessage: null,
  cost: null,
  createdAt: '2026-11-28T08:00:00.000Z',
  startedAt: '2026-11-28T08:00:01.000Z',
  endedAt: '2026-11-28T08:01:01.000Z',
  args: {},
  argsMap: {},
  steps: { total: 3, unfinished: 0, failures: 0, counts: { completed: 3 } },
  codeHash: 'a'.repeat(64),
  components: [],
  firstSteps: [],
  scalars: [],
  hasMoreScalars: false,
  models: [],
  hasMoreModels: false,
  ...changes,
});

const scalar = (
  title: string,
  last: ScalarSummary['last'],
  step: string | null = null,
): ScalarSummary => ({
  title,
  series: 'val',
  call: step === null ? null : 1,
  step,
  count: 10,
  last,
  min: 0.1,
  max: 0.9,
  lastIteration: 9,
  minIteration: 5,
  maxIteration: 0,
  lastAt: '2026-11-28T08:00:30.000Z',
});

const texts = (
  rows: readonly {
    readonly name: string;
    readonly cells: readonly { readonly text: string | undefined }[];
  }[],
) => rows.map(({ name, cells }) => [name, ...cells.map(({ text }) => text)]);

describe('the comparison of runs', () => {
  it('parameters are rows, in the sections of their pipelines, and a missing one differs', () => {
    const rows = parameterRows(
      [
        run({ args: { depth: 6, lr: 0.1 }, argsMap: { Model: ['depth'] } }),
        run({ args: { depth: 8, lr: 0.1, warm: true } }),
      ],
      0,
    );
    expect(texts(rows)).toEqual([
      ['depth', '6', '8'],
      ['lr', '0.1', '0.1'],
      ['warm', undefined, 'true'],
    ]);
    expect(rows.map(({ section, differs }) => [section, differs])).toEqual([
      ['Model', true],
      ['Args', false],
      ['Args', true],
    ]);
    expect(rows[0]?.cells.map(({ trend, differs }) => [trend, differs])).toEqual([
      [undefined, false],
      ['higher', true],
    ]);
  });

  it('properties of an object are rows of their own', () => {
    const rows = parameterRows(
      [
        run({ args: { options: { depth: 1, warm: { a: 1 } } } }),
        run({ args: { options: 'none' } }),
      ],
      0,
    );
    expect(texts(rows)).toEqual([
      ['options.depth', '1', undefined],
      ['options.warm.a', '1', undefined],
      ['options', undefined, 'none'],
    ]);
  });

  it('objects are equal whatever the order of their properties', () => {
    const row = rowOf(
      'Args',
      'list',
      [
        { json: [{ a: 1, b: 2 }], text: '' },
        { json: [{ b: 2, a: 1 }], text: '' },
      ],
      0,
    );
    expect(row.differs).toBe(false);
  });

  it('metrics are rows by step, with the chosen statistic, and NaN is shown', () => {
    const runs = [
      run({ scalars: [scalar('loss', 0.25), scalar('loss', 'NaN', 'train')] }),
      run({ scalars: [scalar('loss', 0.5)] }),
    ];
    expect(metricsOf(runs)).toHaveLength(2);
    const rows = metricRows(runs, 1, 'last');
    expect(texts(rows)).toEqual([
      ['loss/val', '0.25', '0.5'],
      ['loss/val', 'NaN', undefined],
    ]);
    expect(rows[0]?.cells[0]?.trend).toBe('lower');
    expect(rows[0]?.key).not.toBe(rows[1]?.key);
    expect(texts(metricRows(runs, 1, 'min'))[0]).toEqual(['loss/val', '0.1', '0.1']);
  });

  it('facts have a duration only for a run that has ended', () => {
    const rows = factRows([run({}), run({ endedAt: null, status: 'running' })], 0);
    expect(texts(rows).find(([name]) => name === 'duration')).toEqual([
      'duration',
      '1 m',
      undefined,
    ]);
  });

  it('code is compared by hash, and a component that one run lacks differs', () => {
    const rows = codeRows(
      [
        run({ components: [{ name: 'train', codeHash: 'b'.repeat(64) }] }),
        run({ components: [{ name: 'report', codeHash: 'c'.repeat(64) }] }),
      ],
      0,
    );
    expect(rows.map(({ name, differs }) => [name, differs])).toEqual([
      ['pipeline', false],
      ['train', true],
      ['report', true],
    ]);
  });

  it('models are compared by their content', () => {
    const model = (hash: string) => ({
      name: 'weights',
      framework: null,
      size: 5,
      hash,
      step: 'train',
    });
    const rows = modelRows(
      [run({ models: [model('d'.repeat(64))] }), run({ models: [model('e'.repeat(64))] })],
      0,
    );
    expect(texts(rows)).toEqual([['train/weights', 'dddddddd · 5 B', 'eeeeeeee · 5 B']]);
  });
});

const component = (changes: Partial<ComponentState>): ComponentState => ({
  name: 'train',
  calls: 10,
  counts: { completed: 10 },
  startedAt: 0,
  endedAt: 1,
  durationMs: 10_000,
  durations: [0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  failures: [],
  ...changes,
});

describe('the comparison of graphs', () => {
  it.each([
    ['same', component({ durationMs: 12_000 })],
    ['slower', component({ durationMs: 13_000 })],
    ['faster', component({ durationMs: 7_900 })],
    ['cached', component({ counts: { completed: 4, cached: 6 } })],
    ['failing', component({ counts: { completed: 9, failed: 1 } })],
  ] as const)('a component is %s', (change, state) => {
    const [row] = graphRows([[component({})], [state]], 0);
    expect(row?.cells[1]?.change).toBe(change);
    expect(row?.differs).toBe(change !== 'same');
  });

  it('components that only one run has are added or removed', () => {
    const rows = graphRows(
      [
        [component({}), component({ name: 'report' })],
        [component({ name: 'calibrate' }), component({})],
      ],
      0,
    );
    expect(rows.map(({ name, cells }) => [name, cells[1]?.change])).toEqual([
      ['train', 'same'],
      ['report', 'removed'],
      ['calibrate', 'added'],
    ]);
  });

  it('a run whose state is not loaded yet has no change', () => {
    const [row] = graphRows([[component({})], undefined], 0);
    expect(row?.cells[1]?.change).toBe('same');
  });
});

describe('the address of a comparison', () => {
  it('ids are taken once, and what is no id is dropped', () => {
    const [a, b] = ['01m8nxphpnkh2dtg8tw0f73gq0', '01m8nxphpnkh2dtg8tw0f73gq1'];
    expect(runIdsOf(compareSearch({ runs: `${a},${b},${a},<b>` }))).toEqual([a, b]);
  });

  it('a tab that does not exist is dropped', () => {
    expect(compareSearch({ tab: 'other', diff: 'none' })).toMatchObject({
      tab: undefined,
      diff: undefined,
    });
  });
});
