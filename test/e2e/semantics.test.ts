import { describe, expect, it, vi } from 'vitest';
import { aProject, statusesOf } from './cli.ts';
import { each, outcomeTexts, runEach } from './run-each.ts';
import { HEAD } from './semantics-harness.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The function of a pipeline, its expected outcome and its options, by its name. */
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
      '1 failed: StepFailedError: step fails failed: bad (waitsForFailure was skipped because of it)',
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
    // An explicit parent is the first call with its name; for a later step, all calls so far.
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

  it('callbacks run in order and share module state, and tags, projects and queues are recorded', async () => {
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

  it('monitored metrics, artifacts and models are stored on the run, with wildcards and other names', async () => {
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
