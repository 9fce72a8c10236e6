import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { transitionSchema } from '../../../src/model/transition.ts';
import { startEngine, withRunner } from './harness.ts';

withRunner();

const RUNTIME = `globalThis[Symbol.for('headrace.step')]`;

describe('a job that ends in order', () => {
  it('starts, finishes, and its end is told last', async () => {
    const engine = await startEngine();
    const told = await engine.run('export default (a, b) => a + b;', {
      args: { format: 'json', text: '[1,2]' },
    });
    expect(engine.sent.map(({ kind }) => kind)).toEqual(['started', 'finished', 'job.ended']);
    expect(told.outcome).toMatchObject({ ok: true, values: [{ format: 'json', text: '3' }] });
    expect(told.ended).toMatchObject({ exitCode: 0, signal: null, reason: 'completed' });
    for (const transition of engine.sent)
      expect(transitionSchema.parse(transition)).toEqual(transition);
  });

  it('leaves nothing but its log and its results', async () => {
    const engine = await startEngine();
    const told = await engine.run(
      `export default () => { console.log(${RUNTIME}.temporaryDirectory); return 1; };`,
    );
    await engine.jobs.close();
    const directory = (await readFile(engine.log(told), 'utf8')).trim();
    expect(directory.startsWith(engine.home)).toBe(true);
    expect(existsSync(directory)).toBe(false);
    expect(await readdir(join(engine.home, 'jobs'))).toEqual([]);
    expect(await readdir(join(engine.home, 'logs', 'idle'))).toEqual([]);
  });

  it('runs where its spec says, with the user’s environment and none of Headrace’s variables', async () => {
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

  it('a working directory that is not there fails the step by its name', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => 1;', {
      workingDir: 'no/such/place',
    });
    expect(outcome).toMatchObject({ ok: false, error: { name: 'StepCodeError' } });
    expect(outcome?.ok === false && outcome.error.message).toContain('no/such/place');
  });

  it('what it prints is in its log, 100 MB of it too', async () => {
    const engine = await startEngine();
    const before = process.memoryUsage().rss;
    const told = await engine.run(`
      const line = 'x'.repeat(1023) + '\\n';
      export default () => { console.error('to stderr'); for (let i = 0; i < 100 * 1024; i++) process.stdout.write(line); };
    `);
    expect(told.outcome).toMatchObject({ ok: true });
    expect((await stat(engine.log(told))).size).toBe(100 * 1024 * 1024 + 'to stderr\n'.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1024 * 1024);
  });
});

describe('a job that fails', () => {
  it('by an error: its outcome and its end say which', async () => {
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

  it('by what is no error', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run('export default () => { throw 42; };');
    expect(outcome).toMatchObject({ ok: false, error: { name: 'NonError' } });
    expect(ended.reason).toContain('threw 42');
  });

  it('by code that cannot be loaded', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run(`import 'no-such-package'; export default () => 1;`);
    expect(outcome).toMatchObject({ ok: false });
    const noFunction = await engine.run('export default 5;', { call: 1 });
    expect(noFunction.outcome).toMatchObject({ ok: false, error: { name: 'StepCodeError' } });
  });

  it.each([0, 3])(
    'by process.exit(%i): no outcome, but a reason, and all that it reported before',
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

  it('by SIGKILL', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => new Promise(() => process.kill(process.pid, 'SIGKILL'));`,
    );
    expect(outcome).toBeUndefined();
    expect(ended).toMatchObject({ exitCode: null, signal: 'SIGKILL', fault: 'step' });
    expect(ended.reason).toContain('killed by SIGKILL');
  });

  it('by the end of its memory', async () => {
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
      'a rejection that nobody handles',
      `Promise.reject(new Error('late')); return new Promise(() => setInterval(() => {}, 1000));`,
    ],
    ['a rejection that surfaces after it returned', `Promise.reject(new Error('late')); return 1;`],
    [
      'an exception in a timer after it returned',
      `setTimeout(() => { throw new Error('late'); }, 0); return 1;`,
    ],
    [
      'an exception a while after it returned',
      `setTimeout(() => { throw new Error('late'); }, 40); return 1;`,
    ],
  ])('by %s', async (_, body) => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(`export default () => { ${body} };`);
    expect(outcome).toMatchObject({ ok: false, error: { name: 'Error', message: 'late' } });
    expect(ended).toMatchObject({ exitCode: 1, fault: 'step', reason: 'Error: late' });
  });

  it('by awaiting what can never happen', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => new Promise(() => undefined);');
    expect(outcome).toMatchObject({ ok: false, error: { name: 'NeverSettledError' } });
  });

  it('a step that works on after it returned does not hold its job up', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      'export default () => { setInterval(() => undefined, 10); return 1; };',
    );
    expect(outcome).toMatchObject({ ok: true });
    expect(ended.exitCode).toBe(0);
  });

  it('an exit code that the step set for itself does not count', async () => {
    const engine = await startEngine();
    const { ended } = await engine.run('export default () => { process.exitCode = 9; return 1; };');
    expect(ended.exitCode).toBe(0);
  });
});

describe('what a runner says', () => {
  it('a step finds no parent that it could speak to in the runner’s place', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run('export default () => typeof process.send;');
    expect(outcome?.ok === true && outcome.values[0]).toEqual({
      format: 'json',
      text: '"undefined"',
    });
  });

  it('a step that hangs up on the engine is heard all the same', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => { ${RUNTIME}.logger.reportScalar('a', 'b', 1, 1); process.disconnect(); return 'heard'; };`,
    );
    expect(outcome).toMatchObject({ ok: true, values: [{ format: 'json', text: '"heard"' }] });
    expect(ended.call).toBe(0);
    expect(engine.sent.map(({ kind }) => kind)).toEqual([
      'started',
      'reported',
      'finished',
      'job.ended',
    ]);
  });

  it('every point of a step that reports much arrives once', async () => {
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
