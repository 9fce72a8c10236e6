import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { HEAD } from './bad-input-harness.ts';
import { aProject } from './cli.ts';
import { outcomeTexts, runEach } from './run-each.ts';

vi.setConfig({ testTimeout: 120_000 });
const matching = (text: string) =>
  expect.stringMatching(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));

/** The texts of `table`, each as "contains this". */
const expectedTexts = (table: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(table).map(([name, text]) => [name, matching(text)]));

describe('a step that fails', () => {
  const STEPS: Readonly<Record<string, readonly [fn: string, reason: string, options?: string]>> = {
    text: [`() => { throw 'a text'; }`, 'threw "a text", which is not an Error'],
    nothing: ['() => { throw undefined; }', 'threw undefined, which is not an Error'],
    data: ['() => { throw { code: 7 }; }', 'threw {"code":7}, which is not an Error'],
    proxy: [
      `() => { throw new Proxy({}, { get() { throw new Error('nasty'); } }); }`,
      'threw something that cannot be inspected',
    ],
    rejects: ['() => Promise.reject(42)', 'threw 42, which is not an Error'],
    exitsWith0: ['() => process.exit(0)', 'exited with code 0 without a result'],
    exitsWith3: ['() => process.exit(3)', 'exited with code 3'],
    isKilled: [
      `() => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}); }`,
      'killed by SIGKILL',
    ],
    crashes: ['() => process.abort()', 'killed by SIGABRT'],
    neverEnds: ['() => new Promise(() => {})', 'awaits something that can never happen'],
    isSlow: [
      '() => new Promise((resolve) => setTimeout(resolve, 1e8))',
      'ran longer than its limit of 0.5 s',
      '{ timeoutSeconds: 0.5 }',
    ],
    isBusy: [
      '() => { for (;;); }',
      'ran longer than its limit of 0.5 s',
      '{ timeoutSeconds: 0.5 }',
    ],
    leavesARejection: [
      `() => { void Promise.reject(new Error('nobody listens')); return 'fine'; }`,
      'Error: nobody listens',
    ],
    leavesATimer: [
      `() => { setTimeout(() => { throw new TypeError('from a timer'); }, 1); return 'fine'; }`,
      'TypeError: from a timer',
    ],
    leavesAnUpload: [
      `() => { void currentStep().uploadArtifact('f', { deep: [() => 1] }); return 'fine'; }`,
      'artifact "f" cannot be stored: deep[0]',
    ],
    returnsThree: [
      '() => [1, 2, 3]',
      'must return an array of 2 values, one for each of its returnValues (a, b), but it returned an array of 3',
      `{ returnValues: ['a', 'b'] }`,
    ],
    returnsOne: ['() => 1', 'but it returned one number', `{ returnValues: ['a', 'b'] }`],
    callsAnother: [
      '() => helper()',
      'component helper was called in component callsAnother: a step cannot start steps',
    ],
    returnsAFunction: ['() => ({ deep: [{ here: () => 1 }] })', 'deep[0].here'],
    returnsAnInstance: [
      '() => ({ deep: [{ here: new (class Model {})() }] })',
      'deep[0].here is an instance of Model',
    ],
    returnsACycle: ['() => { const a = { b: [] }; a.b.push(a); return a; }', 'b[0] is a cycle'],
  };
  const components = Object.entries(STEPS).map(
    ([name, [fn, , options = '{}']]) => `const ${name} = component(${options}, ${fn});`,
  );
  const SOURCE = `${HEAD}
    const helper = component({}, () => 1);
    ${components.join('\n    ')}
    const prints = component({}, () => {
      const lines = 'x'.repeat(1023) + '\\n';
      for (let i = 0; i < 100 * 1024; i++) process.stdout.write(lines);
      return 'printed';
    });
    export const main = pipeline({ name: 'main' }, async () => {
      const errors = {};
      const record = async (call) => call.then(() => 'completed', (error) => { errors[error.step] = error.name + ' ' + error.attempts; });
      await Promise.all([${Object.keys(STEPS).map((name) => `record(${name}())`)}]);
      return { errors, printed: await prints() };
    });
    const hungry = component({}, () => { const all = []; for (;;) all.push(new Array(1e5).fill(Math.random())); });
    export const memory = pipeline({ name: 'memory' }, async () => await hungry());`;

  it('each kind of failure of a step is recorded with a reason, and the run continues', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    const { code, run } = await json('run', 'main.ts', '--pipeline', 'main');
    expect({ code, status: run.status, error: run.error }).toEqual({
      code: 0,
      status: 'completed',
      error: null,
    });
    const reasons = Object.fromEntries(
      run.steps.map(({ name, attempts }) => [name, attempts.at(-1)?.reason]),
    );
    expect(reasons).toEqual({
      ...expectedTexts(
        Object.fromEntries(Object.entries(STEPS).map(([name, [, reason]]) => [name, reason])),
      ),
      prints: null,
    });
    for (const { name, status, attempts } of run.steps) {
      expect({ name, status, attempts: attempts.length }).toEqual({
        name,
        status: name === 'prints' ? 'completed' : 'failed',
        attempts: 1,
      });
    }
    expect(run.steps.map(({ name }) => name)).toEqual([...Object.keys(STEPS), 'prints']);
    expect(run.steps.find(({ name }) => name === 'exitsWith3')?.attempts[0]?.exitCode).toBe(3);
    expect(run.result).toEqual({
      errors: Object.fromEntries(Object.keys(STEPS).map((name) => [name, 'StepFailedError 1'])),
      printed: 'printed',
    });
  });

  it('a step that exceeds its memory fails with the heap limit', async () => {
    const { json } = await aProject({ 'main.ts': SOURCE });
    vi.stubEnv('NODE_OPTIONS', '--max-old-space-size=96');
    const { code, run } = await json('run', 'main.ts', '--pipeline', 'memory').finally(() =>
      vi.unstubAllEnvs(),
    );
    expect({ code, error: run.error?.name }).toEqual({ code: 1, error: 'StepFailedError' });
    expect(run.steps[0]?.attempts[0]?.reason).toMatch(/^ran out of memory \(heap limit \d+ MiB\)$/);
  });
});

describe('logic that fails', () => {
  const LOGIC: Readonly<Record<string, readonly [fn: string, outcome: string]>> = {
    loops: ['async () => { await one(1); for (;;); }', '1 failed: LogicTimeoutError: '],
    loopsWithAwait: ['async () => { for (;;) await null; }', '1 failed: LogicTimeoutError: '],
    recurses: ['async () => { const f = () => 1 + f(); return f(); }', '1 failed: RangeError: '],
    calculates: [
      'async () => 100 * one(1)',
      '1 failed: LazyUsedAsValueError: the result of step one was used as a value before it is known: await it first',
    ],
    compares: ['async () => one(1) > 3', '1 failed: LazyUsedAsValueError: '],
    prints: ['async () => `${one(1)}`', '1 failed: LazyUsedAsValueError: '],
    destructures: [
      'async () => { const [a] = one(1); return a; }',
      '1 failed: LazyUsedAsValueError: ',
    ],
    waitsForATimer: [
      'async () => await new Promise((resolve) => setTimeout(resolve, 1))',
      "1 failed: NotInLogicError: setTimeout is not available in a pipeline's logic",
    ],
    fetches: [
      `async () => await fetch('http://127.0.0.1')`,
      '1 failed: NotInLogicError: fetch is not available',
    ],
    waitsForNothing: [
      'async () => { one(1); await new Promise(() => {}); }',
      "1 failed: NonStepAwaitError: the pipeline's logic awaits something that is not a step",
    ],
    evaluates: [`async () => eval('1 + 1')`, '1 failed: EvalError: '],
    throwsText: [
      `async () => { throw 'text'; }`,
      '1 failed: NonError: threw "text", which is not an Error',
    ],
    returnsAFunction: [
      'async () => ({ deep: [() => 1] })',
      '1 failed: UnserializableValueError: deep[0] cannot be passed',
    ],
    passesAnInstance: [
      'async () => one({ list: [new (class Model {})()] })',
      '1 failed: UnserializableValueError: x.list[0] cannot be passed',
    ],
    sleepsOddly: [
      `async () => { await sleep('soon'); }`,
      '1 failed: DurationError: "soon" is not a duration',
    ],
    inACycle: [
      'async () => [first(1), second(1)]',
      '1 failed: ParentsError: explicit parents can never be met: first, second wait for each other',
    ],
    waitsForItself: [
      'async () => await itself()',
      '1 failed: ParentsError: explicit parents can never be met: ',
    ],
    misses: [
      'async () => { one(1); return await orphan(); }',
      '1 failed: ParentsError: explicit parents can never be met: orphan waits for "nobody"',
    ],
    doesNotLook: [
      'async () => { fails(); return 1; }',
      '1 failed: StepFailedError: step fails failed: on purpose',
    ],
  };
  const SOURCE = `${HEAD}
    const one = component({}, (x) => x);
    const first = component({ parents: ['second'] }, (x) => x);
    const second = component({ parents: ['first'] }, (x) => x);
    const itself = component({ parents: ['itself'] }, () => 1);
    const orphan = component({ parents: ['nobody'] }, () => 1);
    const fails = component({}, () => { throw new Error('on purpose'); });
    ${Object.entries(LOGIC)
      .map(([name, [fn]]) => `export const ${name} = pipeline({ name: '${name}' }, ${fn});`)
      .join('\n    ')}`;

  it('invalid logic fails its run with an error that names the remedy, and the document is printed', async () => {
    const outcomes = await runEach(await aProject({ 'main.ts': SOURCE }), Object.keys(LOGIC));
    expect(outcomeTexts(outcomes)).toEqual(
      expectedTexts(
        Object.fromEntries(Object.entries(LOGIC).map(([name, [, text]]) => [name, text])),
      ),
    );
    for (const name of ['loops', 'loopsWithAwait']) {
      const { startedAt, endedAt } = outcomes[name]?.run ?? {};
      expect(
        Date.parse(endedAt ?? '') - Date.parse(startedAt ?? ''),
        `${name} ends in time`,
      ).toBeLessThan(20_000);
    }
    expect(outcomes.inACycle?.run.steps.map(({ status }) => status)).toEqual([
      'aborted',
      'aborted',
    ]);
  });

  it('a run of a hundred thousand steps completes like a small one', {
    timeout: 240_000,
  }, async () => {
    const { json } = await aProject({
      'main.ts': `${HEAD}
        const root = component({ preExecuteCallback: () => false }, () => 1);
        const leaf = component({}, (x, n) => n);
        export const main = pipeline({ name: 'main' }, async () => { const x = root(); for (let n = 0; n < 100_000; n++) leaf(x, n); return 'called'; });`,
    });
    const { code, run } = await json('run', 'main.ts');
    expect({ code, result: run.result, steps: run.steps.length }).toEqual({
      code: 0,
      result: 'called',
      steps: 100_001,
    });
    expect(run.steps.at(-1)).toMatchObject({
      name: 'leaf_99999',
      status: 'skipped',
      parents: ['root'],
    });
  });
});

describe('damaged records', () => {
  const SOURCE = `${HEAD}
    import { existsSync, rmSync } from 'node:fs';
    import { join } from 'node:path';
    const make = component({ returnValues: ['text'], cache: true }, () => 'x'.repeat(50_000));
    const gate = component({}, (x) => { if (!existsSync('go')) throw new Error('closed'); return x; });
    const length = component({}, (text, _) => text.length);
    const vandal = component({}, (_) => { rmSync('.headrace/objects/p', { recursive: true }); return 1; });
    export const passes = pipeline({ name: 'passes' }, async () => { const text = make(); return await length(text, gate(1)); });
    export const awaits = pipeline({ name: 'awaits' }, async () => { const text = make(); await gate(1); return (await text).length; });
    export const loses = pipeline({ name: 'loses' }, async () => { const text = make(); return await length(text, vandal(text)); });
    const seen = [];
    const tick = component({ postExecuteCallback: (_, { name }) => { seen.push(name); } }, (n) => n);
    export const ticks = pipeline({ name: 'ticks' }, async () => { const n = await tick(1); await gate(n); return [...seen, await tick(n + 1)]; });`;

  const filesBelow = async (folder: string): Promise<string[]> =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  it('a removed artifact fails the steps that need it, with its key; a cached result without its artifact is computed again', async () => {
    const { json, write, home } = await aProject({ 'main.ts': SOURCE });
    for (const name of ['passes', 'awaits']) {
      await rm(join(home, '../go'), { force: true });
      expect((await json('run', 'main.ts', '--pipeline', name)).code).toBe(1);
      await rm(join(home, 'objects/p'), { recursive: true });
      await write('go', '');
      const { code, run } = await json('runs', 'resume', 'latest');
      expect(code).toBe(1);
      const blamed =
        name === 'passes'
          ? run.steps.find((step) => step.name === 'length')?.attempts.at(-1)?.reason
          : run.error?.message;
      expect(blamed).toMatch(/the object p\/default\/.*\/text is not in the store/);
      expect(run.steps.find((step) => step.name === 'make')?.status, name).toBe('completed');
    }
    const again = await json('run', 'main.ts', '--pipeline', 'passes');
    expect(again.run.steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'make completed',
      'gate completed',
      'length completed',
    ]);
    const lost = await json('run', 'main.ts', '--pipeline', 'loses');
    expect(lost.run.error?.message).toContain('is not in the store');
  });

  it('a damaged artifact fails the steps that need it', async () => {
    const { json, write, home } = await aProject({ 'main.ts': SOURCE });
    await json('run', 'main.ts', '--pipeline', 'passes');
    for (const file of await filesBelow(join(home, 'objects/p')))
      await writeFile(file, 'neither this nor that');
    await write('go', '');
    const { code, run } = await json('runs', 'resume', 'latest');
    expect({ code, reason: run.steps.at(-1)?.attempts.at(-1)?.reason }).toEqual({
      code: 1,
      reason: matching('the store is damaged'),
    });
  });

  it('stored logic that was changed is not executed; with the original logic the run completes', async () => {
    const { cli, json, write, home } = await aProject({ 'main.ts': SOURCE });
    await json('run', 'main.ts', '--pipeline', 'ticks');
    await write('go', '');
    const [bundle] = (await filesBelow(join(home, 'objects/code'))).filter((file) =>
      file.endsWith('.js'),
    );
    const text = await readFile(bundle ?? '', 'utf8');
    await writeFile(bundle ?? '', text.replace('tick(1)', 'tick(6)'));
    const changed = await cli('runs', 'resume', 'latest');
    expect({ code: changed.code, stdout: changed.stdout }).toEqual({ code: 1, stdout: '' });
    expect(changed.stderr).toMatch(/cannot be replayed.*its SHA-256 differs from its name/);
    await writeFile(bundle ?? '', text);
    const { code, run } = await json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: ['tick', 2] });
    await rm(bundle ?? '');
    expect((await json('runs', 'rerun', 'latest')).run.error?.message).toContain(
      'is not in the store',
    );
  });

  it('a full disk fails the run with a remedy, and the run continues when there is space', async () => {
    // Every write of objects beyond 1 MB fails as on a full disk, in the engine and in its steps:
    // no right to mount a small one is needed.
    const full = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { open } = fs.promises;
      fs.promises.open = async (path, ...more) => {
        const file = await open(path, ...more);
        const refuse = () => { throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' }); };
        const isFull = (data) => String(path).includes('objects') && fs.existsSync('full') && data.length > 1e6;
        for (const name of ['write', 'writeFile', 'appendFile']) { const real = file[name].bind(file); file[name] = async (data, ...rest) => isFull(data) ? refuse() : real(data, ...rest); }
        return file;
      };
      for (const name of ['writeFile', 'appendFile']) { const real = fs.promises[name]; fs.promises[name] = async (path, data, ...rest) => String(path).includes('objects') && fs.existsSync('full') && data.length > 1e6 ? Promise.reject(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })) : real(path, data, ...rest); }
      syncBuiltinESMExports();`;
    const { json, folder } = await aProject({
      'main.ts': `${HEAD}
        const chunk = component({}, (size) => 'y'.repeat(size));
        export const main = pipeline({ name: 'main' }, async () => (await chunk(1_000)).length + (await chunk(2_000_000)).length);`,
      'full.mjs': full,
      full: '',
    });
    vi.stubEnv('NODE_OPTIONS', `--import=${join(folder, 'full.mjs')}`);
    const { code, run } = await json('run', 'main.ts').finally(() => vi.unstubAllEnvs());
    expect({ code, statuses: run.steps.map(({ status }) => status) }).toEqual({
      code: 1,
      statuses: ['completed', 'failed'],
    });
    expect(run.steps[1]?.attempts.at(-1)?.reason).toMatch(/no space is left on the disk/);
    await rm(join(folder, 'full'));
    const resumed = await json('runs', 'resume', 'latest');
    expect({ code: resumed.code, result: resumed.run.result }).toEqual({
      code: 0,
      result: 2_001_000,
    });
  });
});
