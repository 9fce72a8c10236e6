import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Transition } from '../../../src/model/transition.ts';
import { startEngine, withRunner } from './harness.ts';

withRunner();

const RUNTIME = `globalThis[Symbol.for('headrace.step')]`;
const ENDLESS = 'export default () => new Promise(() => setInterval(() => undefined, 1000));';

const startedOf = (call: number) => (sent: readonly Transition[]) =>
  sent.find((one) => one.kind === 'started' && one.call === call);

describe('time limits', () => {
  it('a step that exceeds its time limit ends with this reason', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(ENDLESS, { timeoutSeconds: 0.5 });
    expect(outcome).toMatchObject({ ok: false, stopReason: 'timeout' });
    expect(ended).toMatchObject({ fault: 'timeout', reason: 'ran longer than its limit of 0.5 s' });
  });

  it('a step that blocks its event loop is killed after its grace period', async () => {
    const engine = await startEngine({ graceSeconds: 0.3 });
    const { outcome, ended } = await engine.run('export default () => { for (;;); };', {
      timeoutSeconds: 0.5,
    });
    expect(outcome).toBeUndefined();
    expect(ended).toMatchObject({
      fault: 'timeout',
      signal: 'SIGKILL',
      reason: 'ran longer than its limit of 0.5 s',
    });
  });

  it('a time limit that is longer than the longest timer of Node does not end the step at once', async () => {
    const engine = await startEngine();
    const { outcome } = await engine.run(
      'export default () => new Promise((resolve) => setTimeout(resolve, 20, 1));',
      { timeoutSeconds: 40 * 24 * 3600 },
    );
    expect(outcome).toMatchObject({ ok: true });
  });
});

describe('termination', () => {
  it('the signal of a terminated step fires, the step cleans up, and its job ends as aborted', async () => {
    const engine = await startEngine();
    const spec = await engine.step(`
      import { appendFileSync } from 'node:fs';
      export default async () => {
        const { signal } = ${RUNTIME};
        const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
        globalThis[Symbol.for('headrace.step')].logger.reportText('ready');
        await aborted;
        console.log('cleaned up after ' + signal.reason.message);
      };
    `);
    await engine.submit('job', [spec]);
    await engine.until((sent) => sent.find(({ kind }) => kind === 'reported'));
    await engine.jobs.terminate({ name: 'job', index: 0 }, 'the run was aborted');
    expect(await engine.ended()).toMatchObject({
      fault: 'abort',
      reason: 'the run was aborted',
      exitCode: 143,
    });
    const finished = engine.sent.find((one) => one.kind === 'finished');
    expect(finished?.kind === 'finished' && finished.outcome).toMatchObject({
      ok: false,
      stopReason: 'abort',
    });
    const started = engine.sent.find((one) => one.kind === 'started');
    const log =
      started?.kind === 'started'
        ? await readFile(join(engine.home, started.logStream ?? ''), 'utf8')
        : '';
    expect(log).toContain('cleaned up after the step was stopped: the run was aborted');
    expect(await engine.jobs.state({ name: 'job', index: 0 })).toBe('ended');
  });

  it('a step that ignores SIGTERM is killed after its grace period, with the processes that it started', async () => {
    const engine = await startEngine({ graceSeconds: 0.3 });
    const spec = await engine.step(
      `
      import { spawn } from 'node:child_process';
      import { writeFileSync } from 'node:fs';
      export default () => {
        process.on('SIGTERM', () => undefined);
        const child = spawn(process.execPath, ['-e', "process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)"], { stdio: ['ignore', 'pipe', 'ignore'] });
        child.stdout.once('data', () => ${RUNTIME}.logger.reportText(String(child.pid)));
        return new Promise(() => undefined);
      };
    `,
    );
    await engine.submit('job', [spec]);
    const pid = await engine.until((sent) => {
      const report = sent.find((one) => one.kind === 'reported');
      return report?.kind === 'reported' ? Number(report.report.texts[0]?.text) : undefined;
    });
    expect(isRunning(pid)).toBe(true);
    await engine.jobs.terminate({ name: 'job', index: 0 }, 'the run was aborted');
    expect(await engine.ended()).toMatchObject({ fault: 'abort', reason: 'the run was aborted' });
    await waitForExit(pid);
  });

  it('a waiting job that is terminated never starts', async () => {
    const engine = await startEngine({ queues: { narrow: 1 } });
    const specs = [
      await engine.step(ENDLESS, { call: 0 }),
      await engine.step(ENDLESS, { call: 1 }),
    ];
    await engine.submit('job', specs, 'narrow');
    await engine.until(startedOf(0));
    expect(await engine.jobs.state({ name: 'job', index: 1 })).toBe('waiting');
    await engine.jobs.terminate({ name: 'job', index: 1 }, 'not needed');
    expect(await engine.ended(1)).toMatchObject({
      fault: 'abort',
      reason: 'not needed',
      exitCode: null,
      signal: null,
    });
    await engine.jobs.terminate({ name: 'job', index: 0 }, 'not needed');
    await engine.ended(0);
    expect(engine.sent.some((one) => one.kind === 'started' && one.call === 1)).toBe(false);
  });

  it('terminating a job with the id of another job, or a job that has ended, does nothing', async () => {
    const engine = await startEngine();
    await engine.submit('job', [await engine.step('export default () => 1;')]);
    await engine.jobs.terminate({ name: 'job', index: 0 }, 'duplicate', 'another-job');
    expect(await engine.ended()).toMatchObject({ exitCode: 0 });
    await engine.jobs.terminate({ name: 'job', index: 0 }, 'late');
    await engine.jobs.terminate({ name: 'no such job', index: 0 }, 'unknown');
    expect(engine.sent.filter(({ kind }) => kind === 'job.ended')).toHaveLength(1);
  });

  it('SIGTERM from another process fails the attempt with a reason', async () => {
    const engine = await startEngine();
    const { outcome, ended } = await engine.run(
      `export default () => { process.kill(process.pid, 'SIGTERM'); return new Promise(() => setInterval(() => undefined, 1000)); };`,
    );
    expect(outcome).toMatchObject({ ok: false, error: { name: 'StepStoppedError' } });
    expect(outcome).not.toHaveProperty('stopReason');
    expect(ended).toMatchObject({ fault: 'step', exitCode: 143 });
    expect(ended.reason).toContain('SIGTERM');
  });
});

describe('queues', () => {
  it.each(['constructor', '__proto__', 'toString'])(
    'a queue of the name %s has the default limit',
    async (queue) => {
      const engine = await startEngine();
      await engine.submit('job', [await engine.step('export default () => 1;')], queue);
      expect(await engine.ended()).toMatchObject({ exitCode: 0 });
    },
  );

  it('each queue runs at most as many jobs at once as its own limit', async () => {
    const engine = await startEngine({ queues: { narrow: 2 } });
    const go = join(engine.home, 'go');
    const step = `import { existsSync } from 'node:fs';
      export default async () => { while (!existsSync(${JSON.stringify(go)})) await new Promise((resolve) => setTimeout(resolve, 5)); };`;
    await engine.submit(
      'narrow',
      await Promise.all([0, 1, 2].map((call) => engine.step(step, { call }))),
      'narrow',
    );
    await engine.until((sent) => startedOf(0)(sent) && startedOf(1)(sent));
    const stateOf = (index: number) => engine.jobs.state({ name: 'narrow', index });
    expect(await Promise.all([0, 1, 2].map(stateOf))).toEqual(['running', 'running', 'waiting']);
    await engine.submit(
      'other',
      [await engine.step('export default () => 1;', { call: 9 })],
      'other',
    );
    await engine.ended(9);
    expect(await Promise.all([0, 1, 2].map(stateOf))).toEqual(['running', 'running', 'waiting']);
    await writeFile(go, '');
    for (const call of [0, 1, 2]) expect(await engine.ended(call)).toMatchObject({ exitCode: 0 });
    expect(await Promise.all([0, 1, 2].map(stateOf))).toEqual(['ended', 'ended', 'ended']);
  });

  it('a queue starts its jobs in the order of submission', async () => {
    const engine = await startEngine({ concurrency: 1 });
    const specs = await Promise.all(
      [0, 1, 2, 3].map((call) => engine.step('export default () => 1;', { call })),
    );
    await engine.submit('first', specs.slice(0, 3));
    await engine.submit('second', specs.slice(3));
    await engine.ended(3);
    expect(engine.sent.flatMap((one) => (one.kind === 'started' ? [one.call] : []))).toEqual([
      0, 1, 2, 3,
    ]);
  });

  it('a group that is submitted again does not run again, and an unsubmitted job is unknown', async () => {
    const engine = await startEngine();
    const spec = await engine.step('export default () => 1;');
    await engine.submit('job', [spec]);
    await engine.submit('job', [spec]);
    await engine.ended();
    await engine.submit('job', [spec]);
    expect(await engine.jobs.state({ name: 'job', index: 0 })).toBe('ended');
    expect(await engine.jobs.state({ name: 'job', index: 1 })).toBe('unknown');
    expect(await engine.jobs.state({ name: 'other', index: 0 })).toBe('unknown');
    await engine.run('export default () => 2;', { call: 1 });
    expect(engine.sent.filter(({ kind }) => kind === 'started')).toHaveLength(2);
  });
});

describe('failures around a job', () => {
  it('a runner that does not start is a fault of the infrastructure', async () => {
    const engine = await startEngine({ program: { file: '/no/such/runner.mjs', execArgv: [] } });
    await engine.submit('job', [await engine.step('export default () => 1;')]);
    const ended = await engine.ended();
    expect(ended).toMatchObject({ fault: 'infrastructure' });
    expect(ended.reason).toContain('did not start');
  });

  it('a job without a log file does not start, and its place in the queue is free for the next job', async () => {
    const engine = await startEngine({ concurrency: 1 });
    await engine.run('export default () => 1;', { call: 0 });
    // A file in place of the folder prevents the creation of logs.
    await rm(join(engine.home, 'logs'), { recursive: true });
    await writeFile(join(engine.home, 'logs'), '');
    await engine.submit('next', [
      await engine.step('export default () => 1;', { call: 1 }),
      await engine.step('export default () => 1;', { call: 2 }),
    ]);
    for (const call of [1, 2]) {
      const ended = await engine.ended(call);
      expect(ended).toMatchObject({ fault: 'infrastructure', exitCode: null });
      expect(ended.reason).toContain('did not start');
    }
  });

  it('no transition is lost when the queue of transitions fails temporarily', async () => {
    const sent: Transition[] = [];
    let failures = 1;
    let done: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      done = resolve;
    });
    const engine = await startEngine({
      transitions: {
        async send(transitions) {
          if (failures-- > 0) throw new Error('the disk is full');
          sent.push(...transitions);
          if (transitions.some(({ kind }) => kind === 'job.ended')) done();
        },
      },
    });
    await engine.submit('job', [await engine.step('export default () => 1;')]);
    await ended;
    expect(sent.map(({ kind }) => kind)).toEqual(['started', 'finished', 'job.ended']);
  });

  it('after close, no job starts, no transition is sent, and the folders of jobs are removed', async () => {
    const engine = await startEngine();
    const text = `export default () => { ${RUNTIME}.logger.reportText(${RUNTIME}.temporaryDirectory); return new Promise(() => setInterval(() => undefined, 1000)); };`;
    await engine.submit('job', [await engine.step(text)]);
    const folder = await engine.until((sent) => {
      const report = sent.find((one) => one.kind === 'reported');
      return report?.kind === 'reported' ? report.report.texts[0]?.text : undefined;
    });
    expect(existsSync(folder)).toBe(true);
    await engine.jobs.close();
    const sentCount = engine.sent.length;
    await engine.submit('next', [await engine.step('export default () => 1;', { call: 1 })]);
    expect(engine.sent).toHaveLength(sentCount);
    expect(await readdir(join(engine.home, 'tmp'))).toEqual([]);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Resolves when the process has exited. A killed process is a zombie until its parent reaps it. */
async function waitForExit(pid: number): Promise<void> {
  while (isRunning(pid) && !(await isZombie(pid)))
    await new Promise((resolve) => setTimeout(resolve, 5));
}

const isZombie = async (pid: number): Promise<boolean> =>
  / Z /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ' Z '));
