/**
 * Homes for tests in a browser. Each function fills an empty home.
 *
 * @module
 */
import type { Point } from '../../../src/model/artifacts.ts';
import { runId } from '../../conformance/records.ts';
import { HOSTILE_LOG, HOSTILE_NAMES } from './hostile.ts';
import { SEED_TIME, type SeededCall, type SeededRun, seedHome } from './seed-run.ts';

const HOUR_MS = 3_600_000;

/** Ids of seeded runs, by what they show. */
export const RUNS = {
  completed: runId(101),
  failed: runId(102),
  aborted: runId(103),
  running: runId(104),
  queued: runId(105),
  resumed: runId(106),
  notANumber: runId(107),
  hostile: runId(108),
  wide: runId(201),
  large: runId(202),
  layered: runId(203),
} as const;

const iris: readonly SeededCall[] = [
  { component: 'load', durationMs: 6_300, log: 'reading iris.csv\n150 rows\n' },
  { component: 'split', parents: [0], startedAt: 6_500, durationMs: 900, status: 'cached' },
  { component: 'train', parents: [1], startedAt: 7_500, durationMs: 18_800 },
  { component: 'score', parents: [1, 2], startedAt: 26_500, durationMs: 2_100 },
];

const points = (values: readonly Point['value'][]): NonNullable<SeededCall['points']> =>
  values.map((value, iteration) => ({
    title: 'loss',
    series: 'train',
    iteration,
    value,
    at: SEED_TIME + iteration * 100,
  }));

const EVERY_STATUS: readonly SeededRun[] = [
  { id: RUNS.completed, tags: ['prod'], calls: iris, info: { createdBy: 'mina' } },
  {
    id: RUNS.failed,
    status: 'failed',
    pipeline: 'churn-train',
    project: 'forecasts',
    version: '3.0.2',
    createdAt: SEED_TIME + HOUR_MS,
    info: { createdBy: 'schedule nightly', args: { depth: 8, lr: 0.0003 } },
    head: {
      failedStep: 3,
      error: {
        name: 'StepFailedError',
        message: 'step train_1: shape mismatch: expected [64, 12], got [64, 11]',
        stack: 'StepFailedError: step train_1: shape mismatch',
      },
    },
    calls: [
      { component: 'load', durationMs: 6_300 },
      { component: 'split', parents: [0], startedAt: 6_500 },
      { component: 'train', parents: [1], startedAt: 8_000, points: points([0.9, 0.4, 0.2, 0.13]) },
      {
        component: 'train',
        parents: [1],
        startedAt: 8_000,
        durationMs: 20_000,
        status: 'failed',
        attempts: [
          {
            infrastructure: true,
            reason: 'the machine was reclaimed (spot)',
            startedAt: SEED_TIME + HOUR_MS + 8_000,
            endedAt: SEED_TIME + HOUR_MS + 12_000,
          },
          { reason: 'exit code 1' },
        ],
        log: 'epoch 1 loss 0.9\nepoch 2 loss 0.4\n\u001b[31mError: shape mismatch\u001b[0m\n',
        step: {
          error: {
            name: 'Error',
            message: 'shape mismatch: expected [64, 12], got [64, 11]',
            stack: 'Error: shape mismatch\n    at train (src/steps.ts:41:13)',
          },
        },
      },
      { component: 'train', parents: [1], startedAt: 9_000, status: 'aborted' },
      { component: 'report', parents: [2, 3, 4], status: 'skipped', step: { cause: 3 } },
    ],
  },
  {
    id: RUNS.aborted,
    status: 'aborted',
    createdAt: SEED_TIME + 2 * HOUR_MS,
    head: { abortReason: 'not needed any more' },
    calls: [
      { component: 'load' },
      { component: 'split', parents: [0], status: 'aborted', startedAt: 2_000 },
    ],
  },
  {
    id: RUNS.running,
    status: 'running',
    pipeline: 'forecast-daily',
    project: 'forecasts',
    version: '2.4.1',
    createdAt: SEED_TIME + 3 * HOUR_MS,
    tags: ['prod', 'nightly'],
    calls: [
      { component: 'load' },
      ...Array.from(
        { length: 12 },
        (_, index): SeededCall => ({
          component: 'train',
          parents: [0],
          startedAt: 2_000,
          status: index < 6 ? 'completed' : index < 9 ? 'running' : 'queued',
        }),
      ),
      { component: 'report', parents: [1, 2, 3, 4, 5, 6], status: 'pending' },
    ],
  },
  { id: RUNS.queued, status: 'queued', createdAt: SEED_TIME + 4 * HOUR_MS },
  {
    id: RUNS.resumed,
    createdAt: SEED_TIME + 5 * HOUR_MS,
    head: { generation: 1 },
    calls: [
      { component: 'load' },
      {
        component: 'train',
        parents: [0],
        attempts: [{ reason: 'exit code 1' }, {}],
        step: { attemptsBeforeResume: 1 },
      },
      { component: 'train', parents: [0], status: 'superseded' },
    ],
  },
  {
    id: RUNS.notANumber,
    createdAt: SEED_TIME + 6 * HOUR_MS,
    calls: [
      {
        component: 'train',
        points: points([0.5, 'NaN', 'Infinity', -1e-12, 0.1]),
      },
    ],
  },
];

/** A run of each status, a resumed one, faults of the infrastructure, metrics that are no numbers. */
export const seedEveryStatus = (home: string): Promise<void> =>
  seedHome(home, async (seed) => {
    for (const run of EVERY_STATUS) await seed(run);
  });

/** Names, tags, logs and metadata that try to be markup, scripts or another text. */
export const seedHostileNames = (home: string): Promise<void> =>
  seedHome(home, async (seed) => {
    await seed({
      id: RUNS.hostile,
      pipeline: HOSTILE_NAMES[0],
      version: '1.0.0',
      tags: HOSTILE_NAMES.slice(0, 4),
      info: { createdBy: HOSTILE_NAMES[1], args: { [HOSTILE_NAMES[0]]: HOSTILE_NAMES[2] } },
      status: 'failed',
      head: {
        error: { name: 'Error', message: HOSTILE_NAMES.join(' '), stack: HOSTILE_NAMES[0] },
      },
      calls: HOSTILE_NAMES.map((name, call) => ({
        component: name,
        parents: call === 0 ? [] : [call - 1],
        status: call === 0 ? 'failed' : 'completed',
        step: { name },
        log: HOSTILE_LOG,
      })),
    });
  });

/** `count` runs that ended, one a minute, of four pipelines. */
export const seedManyRuns = (home: string, count: number): Promise<void> =>
  seedHome(home, async (seed) => {
    const pipelines = ['forecast-daily', 'iris', 'stations', 'churn-train'];
    for (let index = 0; index < count; index++)
      await seed({
        id: runId(1_000 + index),
        pipeline: pipelines[index % pipelines.length] ?? 'iris',
        project: index % 3 === 0 ? 'forecasts' : 'examples',
        status: index % 7 === 0 ? 'failed' : 'completed',
        createdAt: SEED_TIME + index * 60_000,
        durationMs: 40_000,
        tags: index % 5 === 0 ? ['prod'] : [],
        calls: iris,
      });
  });

/** Runs of one pipeline with forty arguments, of which one differs, and a metric. */
export const COMPARED = Array.from({ length: 100 }, (_, index) => runId(2_000 + index));

export const seedComparedRuns = (home: string): Promise<void> =>
  seedHome(home, async (seed) => {
    for (const [index, id] of COMPARED.entries())
      await seed({
        id,
        pipeline: 'sweep',
        createdAt: SEED_TIME + index * 60_000,
        info: {
          args: Object.fromEntries(
            Array.from({ length: 40 }, (_, at) => [`option${at}`, at === 7 ? index : at]),
          ),
        },
        calls: [
          { component: 'load' },
          {
            component: 'train',
            parents: [0],
            points: points([1, 1 / (2 + index), 1 / (3 + index)]),
          },
        ],
      });
  });

/** A map of `width` members with one failure. */
export const seedWideMap = (home: string, width = 10_000): Promise<void> =>
  seedHome(home, (seed) => seed({ id: RUNS.wide, status: 'failed', calls: wideMap(width) }));

function* wideMap(width: number): Generator<SeededCall> {
  yield { component: 'load', durationMs: 6_000 };
  for (let index = 0; index < width; index++)
    yield {
      component: 'train',
      parents: [0],
      startedAt: 7_000 + (index % 97) * 130,
      durationMs: 800 + ((index * 7919) % 4_000),
      status:
        index === Math.floor(width * 0.63) ? 'failed' : index % 9 === 0 ? 'cached' : 'completed',
    };
  yield {
    component: 'select',
    parents: Array.from({ length: width }, (_, index) => index + 1),
    status: 'skipped',
  };
}

/** `load`, `split`, `n` times `prep`, `train`, `score`, then `select` and `report`: 3n + 4 calls. */
export const seedLargeRun = (home: string, n = 10_000): Promise<void> =>
  seedHome(home, (seed) =>
    seed({ id: RUNS.large, pipeline: 'sweep', durationMs: 3_600_000, calls: largeRun(n) }),
  );

function* largeRun(n: number): Generator<SeededCall> {
  yield { component: 'load', durationMs: 6_300 };
  yield { component: 'split', parents: [0], startedAt: 6_500, durationMs: 14_900 };
  for (const [at, component] of ['prep', 'train', 'score'].entries())
    for (let index = 0; index < n; index++)
      yield {
        component,
        parents: [at === 0 ? 1 : 2 + (at - 1) * n + index],
        startedAt: 22_000 + at * 600_000 + (index % 211) * 2_500,
        durationMs: 1_000 + ((index * 7919) % 20_000),
      };
  const first = 2 + 2 * n;
  yield {
    component: 'select',
    parents: Array.from({ length: n }, (_, index) => first + index),
    startedAt: 2_000_000,
  };
  yield { component: 'report', parents: [first + n], startedAt: 2_010_000 };
}

const LAYER = 40;

/** Layers of 40 calls, each with one or two parents in the layers before. */
export const seedLayeredRun = (home: string, calls = 5_000): Promise<void> =>
  seedHome(home, (seed) =>
    seed({ id: RUNS.layered, pipeline: 'layers', durationMs: 600_000, calls: layeredRun(calls) }),
  );

function* layeredRun(calls: number): Generator<SeededCall> {
  for (let call = 0; call < calls; call++) {
    const layer = Math.floor(call / LAYER);
    const parent = (back: number) =>
      Math.max(0, layer - back) * LAYER + ((call * 7919 + back * 31) % LAYER);
    const parents =
      layer === 0 ? [] : [parent(1), ...(call % 2 === 0 ? [parent(1 + (call % 4))] : [])];
    yield {
      component: `layer${layer % 12}`,
      parents: [...new Set(parents)],
      startedAt: layer * 4_000,
      durationMs: 1_000 + ((call * 7919) % 3_000),
      status: call % 613 === 612 ? 'failed' : 'completed',
    };
  }
}
