import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { aProject, type Project, statusesOf } from './cli.ts';
import { execute, ROOT } from './headrace.ts';
import { each, outcomeTexts, runEach } from './several.ts';

vi.setConfig({ testTimeout: 120_000 });

const HEAD = `
import { ArtifactFile, component, currentStep, pipeline, PipelineDecorator, sleep, StepFailedError, StepSkippedError } from 'headrace';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
`;

/** A pipeline of each name, its function, its options if it has any; and its expected outcome. */
type Table = Readonly<Record<string, readonly [fn: string, outcome: string, options?: string]>>;

const sourceOf = (components: string, table: Table): string =>
  `${HEAD}${components}\n${Object.entries(table)
    .map(
      ([name, [fn, , options = '']]) =>
        `export const ${name} = pipeline({ name: '${name}', ${options} }, ${fn});`,
    )
    .join('\n')}`;
const expectedTexts = (table: Table) =>
  Object.fromEntries(Object.entries(table).map(([name, [, text]]) => [name, text]));

describe('failures, retries, races', () => {
  const COMPONENTS = `
    const one = component({}, (x) => 1);
    const slow = component({}, async (ms) => { await new Promise((resolve) => setTimeout(resolve, ms)); return ms; });
    const fails = component({}, () => { throw new RangeError('bad'); });
    const tolerated = component({ continueOnFail: true }, () => { throw new Error('bad'); });
    const passes = component({ continueBehaviour: { continueOnFail: true, skipChildrenOnFail: false } }, () => { throw new Error('bad'); });
    const kinds = component({}, (x, y) => [typeof x, typeof y.inner]);
    const vetoed = component({ preExecuteCallback: () => false }, () => 1);
    const flaky = component({ retryOnFailure: 2, retryBackoff: { initialSeconds: 0.01 } }, (failures) => {
      const { attempt } = currentStep();
      if (attempt <= failures) throw new Error('attempt ' + attempt);
      return attempt;
    });
    const asked = [];
    const asks = component({ retryBackoff: { initialSeconds: 0 }, retryOnFailure: (run, node, retries) => { asked.push([run.name, node.name, node.attempt, retries]); return retries < 2; } },
      () => { throw new Error('always'); });
    const plain = component({ retryBackoff: { initialSeconds: 0 } }, () => { if (currentStep().attempt < 2) throw new Error('once'); return 'second'; });
    const throwers = component({ preExecuteCallback: () => { throw new Error('pre'); }, postExecuteCallback: () => { throw new Error('post'); },
      statusChangeCallback: () => { throw new Error('status'); }, retryOnFailure: () => { throw new Error('retry'); } }, (fail) => { if (fail) throw new Error('own'); return 1; });
    const stops = component({ postExecuteCallback: (run) => run.abort('enough') }, () => 1);
    const waits = component({ parents: ['slow'] }, () => 1);
    const waitsForFailure = component({ parents: ['fails'] }, () => 1);
    const deep = component({}, (x) => x);
    const options = component({}, ({ a, b = 2 }) => a + b);
    const looked = (error) => [error.name, error.step, error.message];`;
  const TABLE: Table = {
    awaitsFailure: [
      'async () => await fails()',
      '1 failed: StepFailedError: step fails failed: bad',
    ],
    catchesFailure: [
      'async () => { try { await fails(); } catch (error) { return [error instanceof StepFailedError, error.step, error.attempts, error.cause.name]; } finally { await one(); } }',
      '0 completed: [true,"fails",1,"RangeError"]',
    ],
    catchesSkip: [
      'async () => { try { await one(fails()); } catch (error) { return [error instanceof StepSkippedError, error.step, error.because]; } }',
      '0 completed: [true,"one","fails"]',
    ],
    leavesFailure: [
      'async () => { one(fails()); return await one(); }',
      '1 failed: StepFailedError: step fails failed: bad',
    ],
    toleratesFailure: ['async () => { one(tolerated()); return await one(); }', '0 completed: 1'],
    awaitsTolerated: [
      'async () => await tolerated()',
      '1 failed: StepFailedError: step tolerated failed: bad',
    ],
    runsChildren: [
      'async () => await kinds(passes(), { inner: passes() })',
      '0 completed: ["undefined","undefined"]',
    ],
    throwsItself: [
      `async () => { one(); throw new Error('own fault'); }`,
      '1 failed: Error: own fault',
    ],
    abortsOnFailure: [
      'async () => { const far = slow(60_000); fails(); return await far; }',
      '1 failed: StepFailedError: step fails failed, and the pipeline has abortOnFailure',
      'abortOnFailure: true',
    ],
    isSkipped: [`async () => { one(vetoed()); return 'done'; }`, '0 completed: "done"'],
    awaitsSkipped: [
      'async () => await vetoed()',
      '1 failed: StepSkippedError: step vetoed was skipped, because its preExecuteCallback, or that of a step that it depends on, returned false',
    ],
    catchesSkippedBefore: [
      'async () => { try { await one(vetoed()); } catch (error) { return [error.name, error.step, error.because]; } }',
      '0 completed: ["StepSkippedError","one",null]',
    ],
    retries: [
      'async () => [await flaky(2), await flaky(3).then(() => 0, (error) => [error.attempts, error.cause.message])]',
      '0 completed: [3,[3,"attempt 3"]]',
    ],
    asksForRetries: [
      'async () => await asks().then(() => 0, (error) => [error.attempts, asked])',
      '0 completed: [3,[["asksForRetries","asks",1,0],["asksForRetries","asks",2,1],["asksForRetries","asks",3,2]]]',
    ],
    inheritsRetries: ['async () => await plain()', '0 completed: "second"', 'retryOnFailure: 1'],
    survivesCallbacks: [
      'async () => [await throwers(false), await throwers(true).then(() => 0, (error) => error.attempts)]',
      '0 completed: [1,1]',
    ],
    isAborted: [
      'async () => { await stops(); return await one(); }',
      '3 aborted: RunAbortedError: the run was aborted: enough',
    ],
    runsTooLong: [
      'async () => await slow(60_000)',
      '1 failed: RunTimeoutError: the run exceeded its limit of 1 s: raise timeoutSeconds, or make its steps shorter',
      'timeoutSeconds: 1',
    ],
    races: [
      'async () => [await Promise.race([slow(2_000), slow(1)]), await Promise.any([fails(), slow(2)])]',
      '0 completed: [1,2]',
    ],
    settles: [
      'async () => (await Promise.allSettled([fails(), slow(1)])).map(({ status }) => status)',
      '0 completed: ["rejected","fulfilled"]',
    ],
    sleeps: [
      `async () => { const begun = Date.now(); await Promise.all([sleep(50), sleep('0.1s'), slow(1)]); return Date.now() - begun >= 100; }`,
      '0 completed: true',
    ],
    hasParents: [
      'async () => { const early = waits(); slow(100); slow(1); const late = waits(); return [await early, await late]; }',
      '0 completed: [1,1]',
    ],
    hasFailedParents: [
      'async () => { fails(); return waitsForFailure(); }',
      '1 failed: StepSkippedError: step waitsForFailure was skipped, because fails, which it depends on, has no result',
    ],
    nestsLazies: [
      'async () => await deep({ a: [slow(1), { b: slow(2) }], c: one() })',
      '0 completed: {"a":[1,{"b":2}],"c":1}',
    ],
    returnsLazies: [
      'async () => ({ list: [slow(1)], one: one() })',
      '0 completed: {"list":[1],"one":1}',
    ],
    takesObjects: [
      'async () => [await options({ a: 1 }), await options({ a: slow(1), b: 5 })]',
      '0 completed: [3,6]',
    ],
    isDeterministic: [
      'async () => { const draw = () => [Date.now(), Math.random(), crypto.randomUUID()]; const before = draw(); await one(); return [typeof before[0], before[1] === Math.random()]; }',
      '0 completed: ["number",false]',
    ],
    hasGlobals: [
      `async () => [new TextDecoder().decode(new TextEncoder().encode('hé')), new URL('http://a/b?c=1').searchParams.get('c'), structuredClone(new Map([[1, 2]])).get(1)]`,
      '0 completed: ["hé","1",2]',
    ],
  };
  const SOURCE = sourceOf(COMPONENTS, TABLE);

  it('failures, retries and races behave as documented', async () => {
    const outcomes = await runEach(await aProject({ 'main.ts': SOURCE }), Object.keys(TABLE));
    expect(outcomeTexts(outcomes)).toEqual(expectedTexts(TABLE));
    const steps = (name: string) => statusesOf(outcomes[name]?.run ?? expect.fail(name)).join(', ');
    expect(steps('leavesFailure')).toBe('fails failed, one skipped, one_1 completed');
    expect(steps('throwsItself')).toBe('one completed');
    expect(steps('abortsOnFailure')).toBe('slow aborted, fails failed');
    expect(steps('isSkipped')).toBe('vetoed skipped, one skipped');
    expect(steps('runsTooLong')).toBe('slow aborted');
    expect(steps('hasParents')).toBe(
      'waits completed, slow completed, slow_1 completed, waits_1 completed',
    );
    // The first call that answers to the name; for a later step, all that did so far.
    expect(outcomes.hasParents?.run.steps.map(({ parents }) => parents)).toEqual([
      ['slow'],
      [],
      [],
      ['slow', 'slow_1'],
    ]);
    expect(steps('nestsLazies')).toBe(
      'slow completed, slow_1 completed, one completed, deep completed',
    );
    expect(
      outcomes.retries?.run.steps.map(({ attempts }) => attempts.map(({ reason }) => reason)),
    ).toEqual([
      ['Error: attempt 1', 'Error: attempt 2', null],
      ['Error: attempt 1', 'Error: attempt 2', 'Error: attempt 3'],
    ]);
  });

  it('failures, retries and races behave the same in debug mode, without delays', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const timed = new Set(['abortsOnFailure', 'isAborted', 'runsTooLong', 'races']);
    const names = Object.keys(TABLE).filter((name) => !timed.has(name));
    const outcomes = await each(names, (name) =>
      json('run', 'main.ts', '--mode', 'debug', '--pipeline', name),
    );
    expect(outcomeTexts(outcomes)).toEqual(
      Object.fromEntries(Object.entries(expectedTexts(TABLE)).filter(([name]) => !timed.has(name))),
    );
  });
});

describe('records of steps and callbacks', () => {
  const SOURCE = `${HEAD}
    PipelineDecorator.setDefaultExecutionQueue('from program');
    let most = 0;
    const log = [];
    const score = PipelineDecorator.component({
      returnValues: ['score'], tags: ['own'], taskType: 'training',
      preExecuteCallback: (run, node, params) => { log.push('pre ' + node.status + ' ' + JSON.stringify(params)); params.n += 100; },
      postExecuteCallback: (run, node) => { most = Math.max(most, node.artifacts.length); run.addTags(['after ' + node.name]); log.push('post ' + node.status + ' ' + node.artifacts[0].preview); },
      statusChangeCallback: (run, node, previous) => { log.push(previous + ' > ' + node.status); },
    }, (n) => n);
    const add = component({ executionQueue: 'gpu', preExecuteCallback: (run, node, params) => { log.push(params.x.artifact); } }, (x, y) => x + y.list[0]);
    export const callbacks = PipelineDecorator.pipeline({ name: 'callbacks', project: 'team/one', version: '2.1', tags: ['run'], targetProject: 'team/steps', addPipelineTags: true },
      async (n = 3) => { const s = score(n); const sum = await add(s, { list: [s] }); return { sum, most, log }; });

    const train = component({
      monitorMetrics: [['loss', 'train'], [['accuracy', 'test'], ['best', 'test']]],
      monitorArtifacts: ['notes', ['raw', 'renamed']],
      monitorModels: ['model_*', ['*', 'last'], 'only'],
    }, async () => {
      const step = currentStep();
      for (const [iteration, loss] of [0.5, 0.25].entries()) step.logger.reportScalar('loss', 'train', loss, iteration);
      step.logger.reportScalar('accuracy', 'test', 1, 7);
      step.logger.reportScalar('unwatched', 'x', 1, 0);
      await step.uploadArtifact('notes', { rows: 3 }, { metadata: { by: 'train' } });
      await step.uploadArtifact('raw', new Uint8Array(3));
      const file = join(step.temporaryDirectory, 'weights.bin');
      writeFileSync(file, 'weights');
      for (const name of ['model_1', 'model_3', 'model_2', 'only', 'another']) await step.uploadModel(name, file);
      await PipelineDecorator.uploadArtifact('from step', [1]);
      await PipelineDecorator.uploadModel('model of run', file);
      return [step.name, step.attempt];
    });
    export const monitors = pipeline({ name: 'monitors', returnValue: 'final', defaultQueue: 'cpu' }, async () => {
      const result = await train();
      await PipelineDecorator.uploadArtifact('from logic', { a: 1 });
      return result;
    });`;

  it('callbacks run in order, before and after steps, and share module state; tags, projects and queues are recorded', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const { run } = await json('run', 'main.ts', '--pipeline', 'callbacks');
    expect(run.result).toEqual({
      sum: 206,
      most: 1,
      log: [
        'pre pending {"n":3}',
        'pending > queued',
        'queued > running',
        'running > completed',
        'post completed 103',
        'score',
      ],
    });
    expect(run).toMatchObject({
      project: 'team/one',
      version: '2.1.0',
      tags: ['run', 'after score'],
    });
    expect(run.steps).toMatchObject([
      {
        name: 'score',
        project: 'team/steps',
        taskType: 'training',
        tags: ['own', `pipe: ${run.id}`],
        queue: 'from program',
        parents: [],
      },
      {
        name: 'add',
        project: 'team/steps',
        taskType: 'data_processing',
        tags: [`pipe: ${run.id}`],
        queue: 'gpu',
        parents: ['score'],
      },
    ]);
  });

  it('monitored metrics, artifacts and models reach the run, with wildcards and other names', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const { run } = await json('run', 'main.ts', '--pipeline', 'monitors');
    const points = (metrics: typeof run.metrics) =>
      metrics.map(({ title, series, points }) => [
        title,
        series,
        points.map(({ iteration, value }) => [iteration, value]),
      ]);
    expect(points(run.metrics)).toEqual([
      [
        'loss',
        'train',
        [
          [0, 0.5],
          [1, 0.25],
        ],
      ],
      ['best', 'test', [[7, 1]]],
    ]);
    expect(run.artifacts.map(({ name, preview }) => [name, preview]).sort()).toEqual([
      ['final', '["train",1]'],
      ['from logic', '{"a":1}'],
      ['from step', '[1]'],
      ['notes', '{"rows":3}'],
      ['renamed', 'Uint8Array(3) [ 0, 0, 0 ]'],
    ]);
    expect(run.models.map(({ name }) => name).sort()).toEqual([
      'last',
      'model of run',
      'model_3',
      'only',
    ]);
    expect(run.steps).toMatchObject([
      {
        queue: 'cpu',
        models: ['model_1', 'model_3', 'model_2', 'only', 'another'].map((name) => ({
          name,
          size: 7,
        })),
      },
    ]);
    expect(run.steps[0]?.artifacts.find(({ name }) => name === 'notes')).toMatchObject({
      type: 'json',
      size: 10,
      metadata: { by: 'train' },
    });
  });
});

describe('values', () => {
  const SOURCE = `${HEAD}
    const values = component({}, () => ({
      floats: new Float64Array([1, NaN]), map: new Map([[1, new Set([2])]]), date: new Date(5), big: 10n ** 30n, gone: undefined, nan: NaN, zero: -0, far: -Infinity,
      buffer: Buffer.from('hé'), longs: new BigInt64Array([5n]), nothing: null, list: [1, undefined, 3],
    }));
    const check = (v) => [v.floats instanceof Float64Array && Number.isNaN(v.floats[1]), v.map instanceof Map && v.map.get(1) instanceof Set, v.date instanceof Date && v.date.getTime(),
      v.big === 10n ** 30n, 'gone' in v && v.gone === undefined, Number.isNaN(v.nan), Object.is(v.zero, -0), v.far === -Infinity, v.buffer instanceof Uint8Array && v.buffer.length, v.longs[0] === 5n,
      v.nothing, v.list.length];
    const inStep = component({}, (v) => check(v));
    export const travel = pipeline({ name: 'travel' }, async () => { const v = values(); const here = await v; return [check(here), await inStep(v), await inStep(here)]; });

    const files = component({ returnValues: ['file', 'folder'] }, () => {
      const folder = join(currentStep().temporaryDirectory, 'model');
      mkdirSync(join(folder, 'deep'), { recursive: true });
      writeFileSync(join(folder, 'deep/weights.bin'), Buffer.from([1, 2, 3]));
      writeFileSync(join(folder, 'text.txt'), 'hello');
      return [new ArtifactFile(join(folder, 'text.txt')), new ArtifactFile(folder)];
    });
    const reads = component({}, (file, { folder }) => [readFileSync(file.path, 'utf8'), readFileSync(join(folder.path, 'deep/weights.bin')).length]);
    export const paths = pipeline({ name: 'paths' }, async () => { const [file, folder] = files(); return await reads(file, { folder }); });

    class Point { constructor(x) { this.x = x; } double() { return this.x * 2; } }
    const point = component({}, () => new Point(4));
    const doubled = component({}, (p) => p.double());
    export const classes = pipeline({
      name: 'classes',
      artifactSerializer: (value) => Buffer.from(JSON.stringify(value instanceof Point ? { point: value.x } : { value })),
      artifactDeserializer: (bytes) => { const { point, value } = JSON.parse(new TextDecoder().decode(bytes)); return point === undefined ? value : new Point(point); },
    }, async () => { const p = point(); return [await doubled(p), (await p).double()]; });`;

  it('values of every kind pass between steps and the logic, also files, folders, and classes with custom serializers', async () => {
    const outcomes = await runEach(await aProject({ 'main.ts': SOURCE }), [
      'travel',
      'paths',
      'classes',
    ]);
    const kept = [true, true, 5, true, true, true, true, true, 3, true, null, 3];
    expect(outcomes.travel?.run.result).toEqual([kept, kept, kept]);
    expect(outcomes.paths?.run.result).toEqual(['hello', 3]);
    expect(outcomes.paths?.run.steps[0]?.artifacts).toMatchObject([
      { name: 'file', type: 'file', size: 5 },
      { name: 'folder', type: 'folder' },
    ]);
    expect(outcomes.classes?.run.result).toEqual([8, 8]);
  });
});

describe('the cache', () => {
  const files = {
    'main.ts': `import { component, pipeline } from 'headrace';
      import { clean } from './steps/clean.ts';
      export const load = component({ cache: true }, (n: number) => clean(n));
      export const other = component({ cache: true, retryOnFailure: 1 }, (n: number) => n * 2);
      export const last = component({ cache: true }, (n: number, m: number) => n + m);
      export const main = pipeline({ name: 'main', version: '1.2' }, async (n = 1) => await last(load(n), other(n)));
      const aged = component({ cache: { ttl: 3600, salt: 'a' } }, () => 1);
      export const modes = pipeline({ name: 'modes' }, async () => await aged());`,
    'steps/clean.ts': `import { unit } from '../lib/unit.ts';\nexport const clean = (n: number) => n * unit;`,
    'lib/unit.ts': 'export const unit = 3;\nexport const unused = 1;',
  };
  const runs = async (project: Project, ...args: string[]) => {
    const { run } = await project.json('run', 'main.ts', '--pipeline', 'main', ...args);
    return { version: run.version, result: run.result, steps: statusesOf(run).join(', ') };
  };

  it('the cache identifies a step by its reachable code and its arguments; the version follows the code', async () => {
    const project = await aProject(files);
    expect(await runs(project)).toEqual({
      version: '1.2.0',
      result: 5,
      steps: 'load completed, other completed, last completed',
    });
    expect(await runs(project)).toEqual({
      version: '1.2.0',
      result: 5,
      steps: 'load cached, other cached, last cached',
    });
    await project.write(
      'lib/unit.ts',
      files['lib/unit.ts'].replace('unused = 1', 'unused = 2 /* nobody needs it */'),
    );
    await project.write(
      'main.ts',
      files['main.ts'].replace('retryOnFailure: 1', 'retryOnFailure: 3'),
    );
    expect(await runs(project)).toMatchObject({ steps: 'load cached, other cached, last cached' });
    await project.write('lib/unit.ts', 'export const unit = 4;');
    expect(await runs(project)).toMatchObject({
      result: 6,
      steps: 'load completed, other cached, last completed',
    });
    await project.write('main.ts', files['main.ts'].replace('n * 2', 'n + n'));
    expect(await runs(project), 'an equal artifact is the same argument').toMatchObject({
      result: 6,
      steps: 'load cached, other completed, last cached',
    });
    expect(await runs(project, '--arg', 'n=2')).toMatchObject({
      result: 12,
      steps: 'load completed, other completed, last completed',
    });
    expect(await runs(project, '--no-cache')).toMatchObject({
      steps: 'load completed, other completed, last completed',
    });
    await project.write(
      'main.ts',
      files['main.ts'].replace(`version: '1.2'`, `version: '1.2', autoVersionBump: false`),
    );
    const { code, stderr } = await project.cli('run', 'main.ts', '--pipeline', 'main', '--json');
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^error: .*1\.2\.0.*\nsee headrace\/docs\/errors\.md#versiontakenerror\n$/,
    );
  });

  it('the cache mode reads, writes or refreshes entries; a salt separates them', async () => {
    const project = await aProject(files);
    const modes = async (options: string) => {
      await project.write('main.ts', files['main.ts'].replace(`{ ttl: 3600, salt: 'a' }`, options));
      return statusesOf((await project.json('run', 'main.ts', '--pipeline', 'modes')).run).join();
    };
    expect(await modes(`{ mode: 'read' }`)).toBe('aged completed');
    expect(await modes('true'), 'read stored nothing').toBe('aged completed');
    expect(await modes(`{ mode: 'read' }`)).toBe('aged cached');
    expect(await modes(`{ mode: 'refresh' }`)).toBe('aged completed');
    expect(await modes(`{ salt: 'b' }`)).toBe('aged completed');
    expect(await modes(`{ salt: 'b' }`)).toBe('aged cached');
    expect(await modes(`{ salt: 'b', ttl: 0.001 }`), 'too old').toBe('aged completed');
  });
});

describe('a project', () => {
  const FILES = {
    'tsconfig.json': '{ "compilerOptions": { "paths": { "@lib/*": ["./lib/*"] } } }',
    'lib/scale.ts': `import table from './table.json' with { type: 'json' };\nexport const scale = (n: number): number => n * table.factor;`,
    'lib/table.json': '{ "factor": 7 }',
    'lib/plain.cjs': 'exports.half = (n) => n / 2;',
    'main.ts': `import { component, pipeline, PipelineDecorator } from 'headrace';
      import { scale } from '@lib/scale.ts';
      import plain from './lib/plain.cjs';
      import Database from 'libsql';
      export const compute = component({}, (n: number) => {
        const row = new Database(':memory:').prepare('SELECT ? + 1 AS n').get(scale(n)) as { n: number };
        return plain.half(row.n);
      });
      export const main = pipeline({ name: 'main' }, async (n = 3) => await compute(n));
      if (process.argv[2] === 'debug') PipelineDecorator.debugPipeline();
      else PipelineDecorator.runLocally();
      const result = await main(5);
      console.log('result', result);`,
  };

  it('a project with path aliases, JSON, CommonJS and a native package runs by the command and as a plain program, local and debug', async () => {
    const project = await aProject(FILES);
    await mkdir(join(project.folder, 'node_modules'));
    await symlink(ROOT, join(project.folder, 'node_modules/headrace'), 'dir');
    await symlink(
      join(ROOT, 'node_modules/libsql'),
      join(project.folder, 'node_modules/libsql'),
      'dir',
    );
    expect((await project.json('run', 'main.ts')).run.result).toBe(11);
    expect((await project.json('run', 'main.ts', '--mode', 'debug')).run.result).toBe(11);
    const program = (...args: string[]) =>
      execute(
        process.execPath,
        ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'main.ts', ...args],
        {
          cwd: project.folder,
          env: { HEADRACE_HOME: '' },
        },
      );
    for (const mode of ['local', 'debug'])
      expect((await program(mode)).stdout).toContain('result 18');
    expect((await project.json('runs', 'show', 'latest')).run).toMatchObject({
      args: { n: 5 },
      result: 18,
      status: 'completed',
    });
  });
});
