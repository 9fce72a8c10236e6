/**
 * A home for the pictures of the documentation: runs of forecasts, as a team would have them.
 *
 * @module
 */
import type { Parameter, Signature } from '../../../src/model/code.ts';
import { type PipelineDeclaration, pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { anInfo, runId } from '../../conformance/records.ts';
import { SEED_TIME, type SeededCall, type SeededRun, seedHome } from './seed-run.ts';

const MINUTE_MS = 60_000;
/** The time at which the pictures are taken. */
export const PICTURE_TIME = SEED_TIME + 26 * MINUTE_MS;

export const PICTURED = {
  running: runId(912),
  failed: runId(909),
  sweep: [runId(905), runId(906), runId(907)],
} as const;

const NAME = { project: 'forecasts', name: 'station-forecast' };
const VERSION = '2.4.1';
const DECLARATION: PipelineDeclaration = pipelineDeclarationSchema.parse({
  ...NAME,
  version: VERSION,
});

const parameter = (
  name: string,
  kind: 'string' | 'number' | 'boolean',
  value: Parameter['defaultValue'],
  description: string,
): Parameter => ({
  name,
  type: { kind },
  typeText: kind,
  optional: true,
  defaultText: JSON.stringify(value),
  ...(value !== undefined && { defaultValue: value }),
  description,
});

const SIGNATURE: Signature = {
  style: 'object',
  rest: false,
  parameters: [
    parameter('region', 'string', 'alps', 'The stations of this region'),
    parameter('horizon', 'number', 48, 'Hours that are forecast'),
    parameter('rate', 'number', 0.01, 'The learning rate of the models'),
    parameter('depth', 'number', 6, 'The depth of each tree'),
    parameter('publish', 'boolean', false, 'Publish the best model'),
  ],
};

/** A number from 0 to 1 that looks random and is the same in each run. */
function noise(n: number): number {
  const value = Math.sin(n * 12.9898) * 43_758.5453;
  return value - Math.floor(value);
}

/** Statuses of the members of a map, in the order in which machines take them. */
function statusOf(member: number, isRunning: boolean): NonNullable<SeededCall['status']> {
  if (member === 97) return 'failed';
  if (noise(member) < 0.22) return 'cached';
  if (!isRunning || member < 205) return 'completed';
  return member < 229 ? 'running' : 'queued';
}

const MEMBERS = 320;

function* forecast(isRunning: boolean): Generator<SeededCall> {
  yield { component: 'readStations', durationMs: 8_400, log: 'reading 320 stations of alps\n' };
  yield { component: 'readWeather', durationMs: 21_300 };
  yield { component: 'features', parents: [0, 1], startedAt: 21_600, durationMs: 29_200 };
  const train = (member: number): SeededCall => {
    const status = statusOf(member, isRunning);
    return {
      component: 'train',
      parents: [2],
      startedAt: 51_000 + Math.floor(member / 24) * 62_000,
      durationMs: 31_000 + Math.round(noise(member) * 29_000),
      status,
      ...(status === 'failed' && {
        attempts: [
          { infrastructure: true, reason: 'the machine was reclaimed (spot)' },
          { reason: 'exit code 1' },
        ],
        log: 'epoch 1 loss 0.912\nepoch 2 loss 0.604\n\u001b[31mError: 3 of 8,760 hours are missing\u001b[0m\n',
        step: {
          error: {
            name: 'Error',
            message: 'station 0097: 3 of 8,760 hours are missing',
            stack:
              'Error: station 0097: 3 of 8,760 hours are missing\n    at train (src/steps.ts:41:13)',
          },
        },
      }),
    };
  };
  for (let member = 0; member < MEMBERS; member++) yield train(member);
  for (let member = 0; member < MEMBERS; member++) {
    const before = statusOf(member, isRunning);
    const isDone = before === 'completed' || before === 'cached';
    const waits = isRunning && before !== 'failed' ? 'pending' : 'skipped';
    yield {
      component: 'evaluate',
      parents: [3 + member],
      startedAt: 90_000 + Math.floor(member / 24) * 62_000,
      durationMs: 4_000 + Math.round(noise(member + 7) * 5_000),
      status: isDone && (!isRunning || member < 180) ? 'completed' : isDone ? 'queued' : waits,
    };
  }
  const evaluated = Array.from({ length: MEMBERS }, (_, member) => 3 + MEMBERS + member);
  yield { component: 'report', parents: evaluated, status: isRunning ? 'pending' : 'skipped' };
}

const TITLES = [
  ['loss', 0.9, 0.08],
  ['rmse', 4.2, 1.1],
  ['accuracy', 0.55, 0.93],
] as const;

/** Curves that fall or rise towards their end, one for each rate. */
function sweep(rate: number, seed: number): readonly SeededCall[] {
  const points = TITLES.flatMap(([title, first, last]) =>
    ['train', 'validation'].flatMap((series, at) =>
      Array.from({ length: 120 }, (_, iteration) => {
        const share = 1 - Math.exp((-iteration * rate) / 0.35);
        const wave = (noise(iteration * 13 + seed + at * 31) - 0.5) * 0.06 * Math.abs(first - last);
        return {
          title,
          series,
          iteration,
          value: first + (last - first) * share * (1 - at * 0.06) + wave,
          at: SEED_TIME + iteration * 500,
        };
      }),
    ),
  );
  return [
    { component: 'readStations', status: 'cached' },
    { component: 'features', parents: [0], status: 'cached' },
    { component: 'train', parents: [1], startedAt: 600, durationMs: 61_000 + seed * 900, points },
    { component: 'evaluate', parents: [2], startedAt: 63_000, durationMs: 4_100 },
  ];
}

const RATES = [0.003, 0.01, 0.03] as const;

function runs(): readonly SeededRun[] {
  const common = { pipeline: NAME.name, project: NAME.project, version: VERSION };
  const past = Array.from(
    { length: 5 },
    (_, index): SeededRun => ({
      id: runId(900 + index),
      pipeline: ['churn', 'iris', NAME.name, 'churn', 'iris'][index] ?? 'iris',
      project: ['growth', 'examples', NAME.project, 'growth', 'examples'][index] ?? 'examples',
      version: ['1.8.0', '1.0.0', '2.4.0', '1.8.0', '1.0.0'][index] ?? VERSION,
      status: index === 3 ? 'aborted' : 'completed',
      createdAt: SEED_TIME - (150 - index * 22) * MINUTE_MS,
      durationMs: 90_000 + index * 61_000,
      tags: index === 2 ? ['prod', 'nightly'] : [],
      info: { createdBy: ['mina', 'jonas', 'schedule nightly', 'mina', 'ci'][index] ?? 'ci' },
      calls: sweep(0.01, index),
    }),
  );
  const sweeps = RATES.map(
    (rate, index): SeededRun => ({
      ...common,
      id: PICTURED.sweep[index] ?? runId(905),
      createdAt: SEED_TIME - (35 - index * 2) * MINUTE_MS,
      durationMs: 68_000 + index * 900,
      tags: ['sweep'],
      info: {
        createdBy: 'mina',
        args: { region: 'alps', horizon: 48, rate, depth: 6, publish: false },
      },
      calls: sweep(rate, index),
    }),
  );
  const args = { region: 'alps', horizon: 48, rate: 0.01, depth: 6, publish: true };
  return [
    ...past,
    ...sweeps,
    {
      ...common,
      id: PICTURED.failed,
      status: 'failed',
      createdAt: SEED_TIME - 28 * MINUTE_MS,
      durationMs: 15.4 * MINUTE_MS,
      tags: ['prod'],
      info: { createdBy: 'jonas', args },
      head: {
        failedStep: 100,
        error: {
          name: 'StepFailedError',
          message: 'step train_97: station 0097: 3 of 8,760 hours are missing',
          stack: 'StepFailedError: step train_97',
        },
      },
      calls: forecast(false),
    },
    {
      ...common,
      id: PICTURED.running,
      status: 'running',
      createdAt: SEED_TIME + 14 * MINUTE_MS,
      tags: ['prod', 'nightly'],
      info: { createdBy: 'schedule nightly', args },
      calls: forecast(true),
    },
  ];
}

export const seedPictures = (home: string): Promise<void> =>
  seedHome(home, async (seed, { registry }) => {
    const { code } = anInfo(runId(900));
    for (const [version, hash] of [
      ['2.4.0', 'a'],
      [VERSION, 'b'],
    ] as const) {
      await registry.register(NAME, version, hash.repeat(64), true, {
        code: { ...code, hash: hash.repeat(64), signature: SIGNATURE },
        declaration: DECLARATION,
        defaultQueue: 'cpu-spot',
        createdAt: SEED_TIME - 60 * MINUTE_MS,
      });
    }
    for (const run of runs())
      await seed({
        ...run,
        info: {
          ...run.info,
          ...(run.pipeline === NAME.name && {
            declaration: DECLARATION,
            code: { ...code, hash: 'b'.repeat(64), signature: SIGNATURE },
          }),
        },
      });
  });
