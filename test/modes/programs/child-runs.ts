/** Pipelines that pipelines call. */
import { runDocumentSchema } from '../../unit/cli/contract.ts';
import { completes, fails, type Programs } from '../program.ts';

const EVALUATE = `
  const score = component({ returnValues: ['score'] }, (weights: number[], folds: number) => {
    if (folds < 0) throw new RangeError('folds must be positive');
    return weights.reduce((a, b) => a + b, 0) * folds;
  });
  export const evaluate = pipeline({ name: 'evaluate', project: 'modes' }, async (model: { weights: number[] }, folds = 2) => {
    const value = await score(model.weights, folds);
    return { value, folds };
  });`;

const IMPORTED = `import { component, pipeline } from 'headrace'; ${EVALUATE}`;

const DESCRIBE = `import { component, pipeline } from 'headrace';
  const text = component({}, (bytes: Buffer) => bytes.toString() + ' ' + Buffer.isBuffer(bytes));
  export const describe = pipeline({ name: 'describe', project: 'modes' }, async (
    when: Date, given: { count: bigint; seen: Map<string, bigint>; missing?: string }, bytes: Buffer, failure: Error & { code: string },
  ) => ({
    when, given, text: await text(bytes),
    error: [failure.name, failure.message, failure.code, (failure.cause as Error).message, failure instanceof RangeError],
  }));`;

const HALVES = `
  import { half } from './half.ts';
  const eight = component({}, () => 8);
  export const main = pipeline({ name: 'main', project: 'modes' }, async () =>
    await half(eight()).catch(() => { throw new Error('half failed'); }));`;

const HALF_FAILED = fails({ name: 'Error', message: 'half failed' });

const HALF = (body: string): string => `import { component, pipeline } from 'headrace';
  const divide = component({}, (n: number) => { ${body}; });
  export const half = pipeline({ name: 'half', project: 'modes' }, async (n: number) => await divide(n));`;

const main = (body: string): string => `
  import { evaluate } from './evaluate.ts';
  import { writeFile } from 'node:fs/promises';
  import { cancel } from 'headrace';
  const fit = component({ returnValues: ['model'] }, (n: number) => ({ weights: [n, n + 1] }));
  const file = component({}, async () => {
    const path = currentStep().temporaryDirectory + '/weights';
    await writeFile(path, '1');
    return new ArtifactFile(path);
  });
  const label = component({}, (result: { value: number }) => 'value ' + result.value);
  const names = (error: unknown): string[] =>
    error instanceof Error ? [error.name, ...names(error.cause)] : [];
  export const main = pipeline({ name: 'main', project: 'modes' }, async () => {${body}});`;

const WEIGHED = [400_000, true, 159_999_600_000, 300_000];

const files = { 'evaluate.ts': IMPORTED };

export const CHILD_RUNS: Programs = {
  'a pipeline that calls an imported one, with results of steps, and passes its result on': {
    files,
    source: main(`
      const result = evaluate(fit(1), 3);
      return [await label(result), await result, evaluate({ weights: [5] })];`),
    outcome: completes(['value 9', { value: 9, folds: 3 }, { value: 10, folds: 2 }]),
  },
  'all return values of a call as one argument of a child run': {
    files: {
      'total.ts': `import { component, pipeline } from 'headrace';
        const add = component({}, (a: number, b: number) => a + b);
        export const total = pipeline({ name: 'total', project: 'modes' }, async ([a, b]: [number, number]) => await add(a, b));`,
    },
    source: `
      import { total } from './total.ts';
      const split = component({ returnValues: ['a', 'b'] }, () => [1, 2]);
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => await total(split()));`,
    outcome: completes(3),
  },
  'a child run that fails': {
    files,
    source: main('return await evaluate(fit(1), -1).catch(names);'),
    outcome: completes(['StepFailedError', 'PipelineRunError', 'StepFailedError', 'RangeError']),
  },
  'values that JSON has no form of, on their way to a child run and back': {
    files: { 'describe.ts': DESCRIBE },
    source: `
      import { describe } from './describe.ts';
      const values = component({ returnValues: ['seen', 'bytes'] }, () => [new Map([['a', 1n]]), Buffer.from('hi')]);
      const kinds = component({}, (all: unknown[]) => all.map((each) => Object.prototype.toString.call(each)));
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const [seen, bytes] = values();
        const failure = Object.assign(new RangeError('low', { cause: new Error('inner') }), { code: 'LOW' });
        const call = describe(new Date(0), { count: 2n ** 70n, seen, missing: undefined }, bytes, failure);
        const { when, given, text, error } = await call;
        return [
          when.toISOString(), String(given.count), given.seen.get('a') === 1n, 'missing' in given, text, error,
          await kinds([when, given.seen, given.count]),
        ];
      });`,
    outcome: completes([
      '1970-01-01T00:00:00.000Z',
      String(2n ** 70n),
      true,
      true,
      'hi true',
      ['RangeError', 'low', 'LOW', 'inner', true],
      ['[object Date]', '[object Map]', '[object BigInt]'],
    ]),
  },
  'values that JSON has no form of, in a destructured parameter of a child run': {
    files: {
      'span.ts': `import { component, pipeline } from 'headrace';
        const years = component({}, (from: Date, to: Date) => to.getUTCFullYear() - from.getUTCFullYear());
        export const span = pipeline({ name: 'span', project: 'modes' }, async ({ from, to = new Date(0) }: { from: Date; to?: Date }) =>
          await years(from, to));`,
    },
    source: `
      import { span } from './span.ts';
      export const main = pipeline({ name: 'main', project: 'modes' }, async () =>
        await span({ from: new Date('1960-05-01') }));`,
    outcome: completes(10),
  },
  'arguments of several MB of a child run, and a rerun of it': {
    files: {
      'weigh.ts': `import { component, pipeline } from 'headrace';
        const sum = component({}, (all: Iterable<number>, factor: number) => factor * [...all].reduce((a, b) => a + b, 0));
        export const weigh = pipeline({ name: 'weigh', project: 'modes' }, async (data: { rows: number[] }, weights: Float64Array, factor = 2) =>
          [data.rows.length, weights instanceof Float64Array, await sum(data.rows, factor), await sum(weights, factor)]);`,
    },
    source: `
      import { weigh } from './weigh.ts';
      const load = component({ returnValues: ['rows', 'weights'] }, () =>
        [Array.from({ length: 400_000 }, (_, index) => index), new Float64Array(300_000).fill(0.5)]);
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        const [rows, weights] = load();
        return await weigh({ rows }, weights);
      });`,
    commands: [
      {
        args: () => ['runs', 'rerun', 'weigh#1', '--json'],
        read: (stdout) => runDocumentSchema.parse(JSON.parse(stdout)).result,
      },
    ],
    outcome: { ...completes(WEIGHED), commands: [WEIGHED] },
    exceptions: { debug: completes(WEIGHED) },
  },
  'a file that is passed to a child run': {
    files,
    source: main(`
      const error = await evaluate({ weights: [file()] } as never).catch((caught: Error) => caught.cause);
      return (error as Error).name + ': ' + (error as Error).message;`),
    outcome: completes(
      'ChildArgumentError: the argument "model.weights[0]" of pipeline evaluate is an instance of ArtifactFile, which cannot be passed to a child run: pass data, or an address that a step of the child run reads',
    ),
  },
  'a child run with input files of its own: a literal, a default and the option inputs': {
    files: {
      'inner.ts': `import { readFile } from 'node:fs/promises'; import { type ArtifactFile, component, inputFile, pipeline } from 'headrace';
        const read = component({}, async (file: ArtifactFile) => await readFile(file.path, 'utf8'));
        export const inner = pipeline({ name: 'inner', project: 'modes', inputs: ['rows/*.csv'] }, async ({ row, path = 'data/default.csv' }: { row: string; path?: string }) =>
          [await read(inputFile('data/literal.csv')), await read(inputFile(path)), await read(inputFile('rows/' + row + '.csv'))]);`,
      'data/literal.csv': '1',
      'data/default.csv': '2',
      'rows/a.csv': '3',
    },
    source: `
      import { inner } from './inner.ts';
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => await inner({ row: 'a' }));`,
    outcome: completes(['1', '2', '3']),
  },
  'a child run that is cancelled before it starts': {
    files,
    source: main(`
      const result = evaluate(fit(1), 3);
      cancel(result as never);
      return await result.catch(names);`),
    outcome: completes(['StepCancelledError']),
  },
  'a pipeline that calls itself until a condition ends it': {
    source: `
      const one = component({}, () => 1);
      export const sum = pipeline({ name: 'sum', project: 'modes' }, async (n = 2): Promise<number> =>
        n === 0 ? 0 : (await one()) + (await (sum as (n: number) => Promise<number>)(n - 1)));`,
    outcome: completes(2),
  },
  'a pipeline that calls itself without an end': {
    source: `
      const depthOf = (error: unknown): string[] =>
        error instanceof Error ? [error.name, ...depthOf(error.cause)] : [];
      export const endless = pipeline({ name: 'endless', project: 'modes' }, async (n = 0): Promise<number> => {
        const call = endless as (n: number) => Promise<number>;
        try {
          return await call(n + 1);
        } catch (error) {
          if (depthOf(error).includes('ChildRunLimitError')) return n;
          throw error;
        }
      });`,
    outcome: completes(8),
  },
  'a pipeline that a step calls': {
    files,
    source: `
      import { evaluate } from './evaluate.ts';
      const nested = component({}, async () => await evaluate({ weights: [1] }));
      export const main = pipeline({ name: 'main', project: 'modes' }, async () =>
        await nested().then(() => 'ran', (error: Error) => (error.cause as Error).name));`,
    outcome: completes('NestedPipelineError'),
  },
  'a run that failed in a child run, and is resumed with mended code of the called pipeline': {
    files: {
      'half.ts': HALF("throw new RangeError('not yet')"),
      'mended/half.ts': HALF('return n / 2'),
      'mended/pipeline.ts': `import { component, pipeline } from 'headrace'; ${HALVES}`,
    },
    source: HALVES,
    commands: [
      {
        args: (run) => ['runs', 'resume', run, '--file', 'mended/pipeline.ts', '--json'],
        read: (stdout) => {
          const { result, steps } = runDocumentSchema.parse(JSON.parse(stdout));
          return [result, steps.map(({ name, childRun }) => [name, childRun?.pipeline ?? null])];
        },
      },
    ],
    outcome: {
      ...HALF_FAILED,
      commands: [
        [
          4,
          [
            ['eight', null],
            ['half', 'half'],
          ],
        ],
      ],
    },
    exceptions: { debug: HALF_FAILED },
  },
  'a pipeline that is called as a member of an object': {
    files: {
      'pipelines.ts': `import { pipeline } from 'headrace';
        export const pipelines = {
          one: pipeline({ name: 'one', project: 'modes' }, async () => 1),
          two: pipeline({ name: 'two', project: 'modes' }, async () => 2),
        };`,
    },
    source: `
      import { pipelines } from './pipelines.ts';
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        try { return await pipelines.one(); } catch (error) { return [(error as Error).name, (error as { reason: string }).reason]; }
      });`,
    outcome: completes(['NestedPipelineError', 'declaration']),
  },
  'a pipeline of a CommonJS module that another pipeline calls': {
    files: {
      'called.cts': `import headrace = require('headrace');
        const one = headrace.pipeline({ name: 'one', project: 'modes' }, async () => 1);
        export = { one };`,
    },
    source: `
      import called from './called.cts';
      export const main = pipeline({ name: 'main', project: 'modes' }, async () => {
        try { return await called.one(); } catch (error) { return [(error as Error).name, (error as { reason: string }).reason]; }
      });`,
    outcome: completes(['NestedPipelineError', 'declaration']),
  },
};
