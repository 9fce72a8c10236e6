import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transitionSchema } from '../../../src/model/transition.ts';
import { startEngine, withRunner } from './harness.ts';

withRunner();

const RUNTIME = `globalThis[Symbol.for('headrace.step')]`;

describe('a job that completes', () => {
  it('a job sends started, finished and job.ended in this order', async () => {
    const engine = await startEngine();
    const job = await engine.run('export default (a, b) => a + b;', {
      args: { format: 'json', text: '[1,2]' },
    });
    expect(engine.sent.map(({ kind }) => kind)).toEqual(['started', 'finished', 'job.ended']);
    expect(job.outcome).toMatchObject({ ok: true, values: [{ format: 'json', text: '3' }] });
    expect(job.ended).toMatchObject({ exitCode: 0, signal: null, reason: 'completed' });
    for (const transition of engine.sent)
      expect(transitionSchema.parse(transition)).toEqual(transition);
  });

  it('a completed job leaves only its log and its results', async () => {
    const engine = await startEngine();
    const job = await engine.run(
      `export default () => { console.log(${RUNTIME}.temporaryDirectory); return 1; };`,
    );
    await engine.jobs.close();
    const directory = (await readFile(engine.log(job), 'utf8')).trim();
    expect(directory.startsWith(engine.home)).toBe(true);
    expect(existsSync(directory)).toBe(false);
    expect(await readdir(join(engine.home, 'jobs'))).toEqual([]);
    expect(await readdir(join(engine.home, 'logs', 'idle'))).toEqual([]);
  });

  it('a step runs in the folder of its spec, with the user’s environment and without Headrace’s variables', async () => {
    const environment = { ...process.env, HEADRACE_TOKEN: 'secret', USERS_OWN: 'kept' };
    const engine = await startEngine({ environment });
    const root = engine.home;
    const { outcome } = await engine.run(
      `export default () => ({ cwd: process.cwd(), own: process.env.USERS_OWN, ours: Object.keys(process.env).filter((name) => name.startsWith('HEADRACE')) });`,
      { projectRoot: root, workingDir: 'objects' },
    );
    expect(outcome?.ok === true && outcome.values[0]).toEqual({
      format: 'json',
      text: JSON.stringify({ cwd: join(root, 'objects'), own: 'kept', ours: [] }),
    });
  });

  it('a missing working directory fails the step, and the error names it', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => 1;', {
      workingDir: 'no/such/place',
    });
    expect(outcome).toMatchObject({ ok: false, error: { name: 'StepCodeError' } });
    expect(outcome?.ok === false && outcome.error.message).toContain('no/such/place');
  });

  it('the output of a step is in its log, even 100 MB of it', async () => {
    const engine = await startEngine();
    const before = process.memoryUsage().rss;
    const job = await engine.run(`
      const line = 'x'.repeat(1023) + '\\n';
      export default () => { console.error('to stderr'); for (let i = 0; i < 100 * 1024; i++) process.stdout.write(line); };
    `);
    expect(job.outcome).toMatchObject({ ok: true });
    expect((await stat(engine.log(job))).size).toBe(100 * 1024 * 1024 + 'to stderr\n'.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
  });
});

describe('a job that fails', () => {
  it('the error of a step that throws is in its outcome and in job.ended', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => { throw new TypeError('boom'); };`,
    );
    expect(outcome).toMatchObject({ ok: false, error: { name: 'TypeError', message: 'boom' } });
    expect(ended).toMatchObject({
      exitCode: 1,
      signal: null,
      fault: 'step',
      reason: 'TypeError: boom',
    });
  });

  it('a step that throws a number fails with NonError', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run('export default () => { throw 42; };');
    expect(outcome).toMatchObject({ ok: false, error: { name: 'NonError' } });
    expect(ended.reason).toContain('threw 42');
  });

  it('a step whose code cannot be loaded fails', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run(`import 'no-such-package'; export default () => 1;`);
    expect(outcome).toMatchObject({ ok: false });
    const noFunction = await engine.run('export default 5;', { call: 1 });
    expect(noFunction.outcome).toMatchObject({ ok: false, error: { name: 'StepCodeError' } });
  });

  it.each([0, 3])(
    'a step that calls process.exit(%i) has a reason and its earlier reports, and no outcome',
    async (code) => {
      const engine = await startEngine();
      const { outcome, ended, messages } = await engine.run(
        `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); process.exit(${code}); };`,
      );
      expect(outcome).toBeUndefined();
      expect(messages.map(({ kind }) => kind)).toEqual(['started', 'reported']);
      expect(ended).toMatchObject({
        exitCode: code,
        signal: null,
        fault: 'step',
        reason: `exited with code ${code}${code === 0 ? ' without a result' : ''}`,
      });
    },
  );

  it('a step that is killed by SIGKILL has no outcome', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => new Promise(() => process.kill(process.pid, 'SIGKILL'));`,
    );
    expect(outcome).toBeUndefined();
    expect(ended).toMatchObject({ exitCode: null, signal: 'SIGKILL', fault: 'step' });
    expect(ended.reason).toContain('killed by SIGKILL');
  });

  it('a step that runs out of memory fails with its heap limit as the reason', async () => {
    const engine = await startEngine({ execArgv: ['--max-old-space-size=30'] });
    const { ended } = await engine.run(
      'export default () => { const all = []; for (;;) all.push(new Array(10_000).fill(all.length)); };',
    );
    expect(ended.fault).toBe('step');
    expect(ended.reason).toMatch(/^ran out of memory \(heap limit \d+ MiB\)$/);
  });

  it.each([
    [
      'an exception outside its promise',
      `setTimeout(() => { throw new Error('late'); }, 1); return new Promise(() => setInterval(() => {}, 1000));`,
    ],
    [
      'an unhandled rejection',
      `Promise.reject(new Error('late')); return new Promise(() => setInterval(() => {}, 1000));`,
    ],
    ['a rejection that surfaces after it returned', `Promise.reject(new Error('late')); return 1;`],
    [
      'an exception in a timer after it returned',
      `setTimeout(() => { throw new Error('late'); }, 0); return 1;`,
    ],
    [
      'an exception some time after it returned',
      `setTimeout(() => { throw new Error('late'); }, 40); return 1;`,
    ],
  ])('a step fails by %s', async (_, body) => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(`export default () => { ${body} };`);
    expect(outcome).toMatchObject({ ok: false, error: { name: 'Error', message: 'late' } });
    expect(ended).toMatchObject({ exitCode: 1, fault: 'step', reason: 'Error: late' });
  });

  it('a step that awaits a promise that never settles fails', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => new Promise(() => undefined);');
    expect(outcome).toMatchObject({ ok: false, error: { name: 'NeverSettledError' } });
  });

  it('a step that still works after it returned does not delay the end of its job', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      'export default () => { setInterval(() => undefined, 10); return 1; };',
    );
    expect(outcome).toMatchObject({ ok: true });
    expect(ended.exitCode).toBe(0);
  });

  it('an exit code that the step sets itself is ignored', async () => {
    const engine = await startEngine();
    const { ended } = await engine.run('export default () => { process.exitCode = 9; return 1; };');
    expect(ended.exitCode).toBe(0);
  });
});

describe('the messages of a runner', () => {
  it('a step cannot send messages in place of its runner', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => typeof process.send;');
    expect(outcome?.ok === true && outcome.values[0]).toEqual({
      format: 'json',
      text: '"undefined"',
    });
  });

  it('the outcome of a step that disconnects from the engine is received', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); process.disconnect(); return 'received'; };`,
    );
    expect(outcome).toMatchObject({ ok: true, values: [{ format: 'json', text: '"received"' }] });
    expect(ended.call).toBe(0);
    expect(engine.sent.map(({ kind }) => kind)).toEqual([
      'started',
      'reported',
      'finished',
      'job.ended',
    ]);
  });

  it('each of many reported points arrives once', async () => {
    const engine = await startEngine();
    const { messages } = await engine.run(
      `export default () => { for (let i = 0; i < 20_000; i++) ${RUNTIME}.logger.reportScalar('a', 'b', i, i); };`,
    );
    const values = messages.flatMap((message) =>
      message.kind === 'reported' ? message.report.points.map(({ value }) => value) : [],
    );
    expect(values).toEqual(Array.from({ length: 20_000 }, (_, index) => index));
  });
});
