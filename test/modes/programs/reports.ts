/** What commands print of the metrics and plots of a run, and of its cache decisions. */
import { z } from 'zod';
import {
  printedExplanationSchema,
  printedPlotSchema,
  printedSeriesSchema,
} from '../../../src/wire/printed.ts';
import { completes, type Program, type Programs } from '../program.ts';

const plots = (stdout: string): unknown =>
  z
    .array(printedPlotSchema)
    .parse(JSON.parse(stdout))
    .map(({ label, attempt, kind, title, iteration, format, width, height, data, ...plot }) => ({
      of: `${label} ${attempt}`,
      plot: `${kind} ${title}/${plot.series} ${iteration}`,
      shape: `${format} ${width} x ${height}`,
      origin: plot.origin === null ? null : plot.origin.replace(/#\d+/, '#N'),
      data: data !== null && 'rows' in data && data.rows.length > 10 ? data.rows.at(-1) : data,
    }));

const series = (stdout: string): unknown =>
  z
    .array(printedSeriesSchema)
    .parse(JSON.parse(stdout))
    .map(({ label, title, series: name, min, last, points, origin }) => [
      label,
      `${title}/${name}`,
      min?.value,
      last?.value,
      points.length,
      origin === null ? null : origin.replace(/#\d+/, '#N'),
    ]);

const MATRIX = {
  labels: ['cat', 'dog'],
  counts: [
    [3, 1],
    [0, 4],
  ],
};

const MATRIX_LINES = [
  'actual \\ predicted  cat  dog',
  'cat                   3    1',
  'dog                   0    4',
  'accuracy 0.875 (7 of 8)',
];

const PLOTS = [
  {
    of: 'train 2',
    plot: 'table rows/first 0',
    shape: 'json 4 x 2',
    origin: null,
    data: {
      columns: [
        { name: 'name', type: 'text' },
        { name: 'score', type: 'number' },
        { name: 'good', type: 'boolean' },
        { name: 'at', type: 'time' },
      ],
      rows: [
        ['a', 0.5, true, '2026-01-02T03:04:05.000Z'],
        ['b', 'NaN', null, null],
      ],
    },
  },
  {
    of: 'train 2',
    plot: 'table rows/many 3',
    shape: 'json 2 x 2000',
    origin: null,
    data: [1999, 'row 1999'],
  },
  {
    of: 'train 2',
    plot: 'confusionMatrix classes/validation 3',
    shape: 'json 2 x 2',
    origin: null,
    data: MATRIX,
  },
  { of: 'train 2', plot: 'image sample/dot 1', shape: 'gif 3 x 2', origin: null, data: null },
];

const PLOT_SOURCE = `
  const train = component({ cache: true, retryOnFailure: 1 }, async (n: number) => {
    const { logger, attempt } = currentStep();
    if (attempt === 1) {
      await logger.reportTable('rows', 'failed', [{ a: 1 }]);
      throw new Error('the first attempt');
    }
    logger.reportTable('rows', 'first', { columns: ['name', { name: 'score', type: 'number' }, 'good', 'at'], rows: [['a', 0.5, true, new Date('2026-01-02T03:04:05Z')], ['b', NaN, null, undefined]] });
    await logger.reportTable('rows', 'many', Array.from({ length: 2000 }, (_, id) => ({ id, text: 'row ' + id })), 3);
    await logger.reportConfusionMatrix('classes', 'validation', ${JSON.stringify(MATRIX)}, 3);
    await logger.reportImage('sample', 'dot', Buffer.from('GIF89a\\x03\\0\\x02\\0\\0\\0\\0;', 'latin1'), 1);
    return n;
  });
  export const main = pipeline({ name: 'plots', project: 'modes' }, async () => {
    const first = await train(1);
    return [first, await train(first)];
  });`;

const commands = (...args: readonly string[]): Program['commands'] => [
  { args: (run) => ['runs', 'plots', run, '--json', ...args], read: plots },
];

export const REPORTS: Programs = {
  'tables, images and confusion matrices of a step are on its attempt, and a cached step shows those of its origin':
    {
      source: PLOT_SOURCE,
      records: ({ steps }) =>
        steps.map(({ name, attempts }) => [name, attempts.map(({ hasPlots }) => hasPlots)]),
      commands: [
        ...(commands() ?? []),
        ...(commands('--attempt', '1', '--step', 'train') ?? []),
        {
          args: (run) => ['runs', 'plots', run, '--plot', 'classes', '--step', 'train'],
          read: (stdout) => stdout.replace(/#\d+/, '#N').trimEnd().split('\n'),
        },
      ],
      outcome: {
        ...completes(
          [1, 1],
          [
            ['train', [true, true]],
            ['train_1', []],
          ],
        ),
        commands: [
          [
            ...PLOTS,
            ...PLOTS.map((plot) => ({ ...plot, of: 'train_1 2', origin: 'from train of plots#N' })),
          ],
          [
            {
              of: 'train 1',
              plot: 'table rows/failed 0',
              shape: 'json 1 x 1',
              origin: null,
              data: { columns: [{ name: 'a', type: 'number' }], rows: [[1]] },
            },
          ],
          [
            'train  classes/validation  confusion matrix, 2 labels, iteration 3',
            ...MATRIX_LINES,
            '',
            'train_1  classes/validation  confusion matrix, 2 labels, iteration 3, from train of plots#N',
            ...MATRIX_LINES,
          ],
        ],
      },
      exceptions: {
        // Debug mode executes every call, and records nothing that a command could read.
        debug: completes(
          [1, 1],
          [
            ['train', [true, true]],
            ['train_1', [true, true]],
          ],
        ),
      },
    },
  'metrics of a fan-out are compared by step, and a cache decision is explained': {
    source: `
  const train = component({ cache: true, monitorMetrics: ['loss'] }, async (rate: number) => {
    for (const iteration of [0, 1]) currentStep().logger.reportScalar('loss', 'train', rate / (iteration + 1), iteration);
    return rate;
  });
  export const main = pipeline({ name: 'metrics', project: 'modes' }, async () => {
    const [first] = await Promise.all([train(0.5), train(0.25)]);
    return await train(first);
  });`,
    commands: [
      { args: (run) => ['runs', 'metrics', run, '--sort', 'loss/train', '--json'], read: series },
      {
        args: (run) => ['runs', 'why', run, 'train_2', '--json'],
        read: (stdout) =>
          z
            .array(printedExplanationSchema)
            .parse(JSON.parse(stdout))
            .map(({ step, decision, origin }) => [step, decision, origin?.step]),
      },
    ],
    outcome: {
      ...completes(0.5),
      commands: [
        [
          ['train_1[rate=0.25]', 'loss/train', 0.125, 0.125, 2, null],
          ['train[rate=0.5]', 'loss/train', 0.25, 0.25, 2, null],
          ['train_2[rate=0.5]', 'loss/train', 0.25, 0.25, 2, 'from train of metrics#N'],
        ],
        [['train_2', 'hit', 'train']],
      ],
    },
    exceptions: { debug: completes(0.5) },
  },
};
