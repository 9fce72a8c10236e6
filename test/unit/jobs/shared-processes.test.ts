/** Attempts with `isolation: 'shared'` in one process after the other. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isProcessAlive, processIdentity } from '../../../src/local/jobs/process-identity.ts';
import { type FinishedJob, startEngine, withRunner } from './harness.ts';
import { firstArgument, resultOf, runCalls } from './shared-calls.ts';

withRunner();

const RUNTIME = `globalThis[Symbol.for('headrace.step')]`;
const PID = 'export default () => process.pid;';

describe('attempts that share a process', () => {
  it('calls of one component run in one process, each with fresh modules, its own job and its own log', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `let calls = 0;
      export default (call) => { calls += 1; console.log('call ' + call); console.error('error ' + call); return [process.pid, calls]; };`,
      3,
      firstArgument,
    );
    const [first] = jobs.map(resultOf);
    expect(first).toEqual([expect.any(Number), 1]);
    expect(jobs.map(resultOf)).toEqual([first, first, first]);
    expect(new Set(jobs.map(({ ended }) => ended.job)).size).toBe(3);
    for (const [call, job] of jobs.entries()) {
      expect(job.ended).toMatchObject({ exitCode: 0, signal: null, reason: 'completed' });
      expect(await readFile(engine.log(job), 'utf8')).toBe(`call ${call}\nerror ${call}\n`);
    }
    expect(engine.sent.map(({ kind }) => kind)).toEqual(
      [0, 1, 2].flatMap(() => ['started', 'finished', 'job.ended']),
    );
  });

  it('a process has one record, that of its last job, which goes with its folder when it ends', async () => {
    const engine = await startEngine();
    const withFile = 'export default () => import.meta.url && process.pid;';
    const jobs = await runCalls(engine, withFile, 2, (call) => ({ call: 99 + call }));
    const [name = '', ...others] = await readdir(join(engine.home, 'jobs'));
    expect([name, others]).toEqual([`${jobs[0]?.ended.job}.json`, []]);
    const record: unknown = JSON.parse(await readFile(join(engine.home, 'jobs', name), 'utf8'));
    expect(record).toMatchObject({ job: jobs[1]?.ended.job, call: 100, token: 'token-100' });
    const [shorter] = await runCalls(engine, withFile, 1);
    expect(JSON.parse(await readFile(join(engine.home, 'jobs', name), 'utf8'))).toMatchObject({
      job: shorter?.ended.job,
      call: 0,
    });
    await engine.jobs.close();
    expect(await readdir(join(engine.home, 'jobs'))).toEqual([]);
    expect(await readdir(join(engine.home, 'tmp'))).toEqual([]);
  });

  it('the files of an attempt are removed when it has ended', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `import { writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      export default () => { writeFileSync(join(${RUNTIME}.temporaryDirectory, 'file'), 'x'); return process.pid; };`,
      2,
    );
    expect(resultOf(jobs[0] as FinishedJob)).toBe(resultOf(jobs[1] as FinishedJob));
    const folder = join(engine.home, 'tmp', jobs[0]?.ended.job ?? '');
    expect(await readdir(folder)).toEqual([]);
    await engine.jobs.close();
  });

  it('code that an attempt changed in its file is not executed by the next one', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `import { chmodSync, rmSync, writeFileSync } from 'node:fs';
      import { fileURLToPath } from 'node:url';
      const file = fileURLToPath(import.meta.url);
      export default (call) => {
        if (call === 0) { chmodSync(file, 0o600); writeFileSync(file, 'export default () => "changed"'); }
        if (call === 1) rmSync(file);
        return process.pid;
      };`,
      3,
      firstArgument,
    );
    expect(new Set(jobs.map(resultOf)).size).toBe(1);
    expect(resultOf(jobs[0] as FinishedJob)).toEqual(expect.any(Number));
  });

  it('stacks have the name of the bundle, and not its text', async () => {
    const engine = await startEngine();
    const text = 'export default () => new Error("here").stack;';
    for (const job of await runCalls(engine, text, 2)) {
      const stack = resultOf(job);
      expect(stack).toMatch(/^Error: here\n {4}at default \([0-9a-f]{64}\.mjs:1:22\)\n/);
      expect(stack).not.toContain('data:');
    }
  });

  it('another component, another run and a step without the option have another process', async () => {
    const engine = await startEngine();
    const shared = { isolation: 'shared' } as const;
    const pids = [
      await engine.run(PID, { call: 0, ...shared }),
      await engine.run(PID, { call: 1, component: 'other', ...shared }),
      await engine.run(`${PID} // other code`, { call: 2, ...shared }),
      await engine.run(PID, { call: 3 }),
      await engine.run(PID, { call: 4, ...shared }),
    ].map(resultOf);
    expect(new Set(pids).size).toBe(4);
    expect(pids[4]).toBe(pids[0]);
  });

  it('the state of the process is restored between two attempts', async () => {
    const engine = await startEngine({ environment: { ...process.env, KEPT: 'kept' } });
    const jobs = await runCalls(
      engine,
      `const atLoad = typeof ${RUNTIME};
      const state = () => [process.pid, atLoad, process.cwd(), process.umask(), process.exitCode ?? null, process.env.KEPT, process.env.ADDED ?? null, process.env.OPTION ?? null, typeof process.send];
      export default () => {
        const found = state();
        process.chdir('/');
        process.umask(0o777);
        process.exitCode = 3;
        process.env.KEPT = 'changed';
        process.env.ADDED = 'added';
        return found;
      };`,
      2,
      (call) => (call === 0 ? { environment: { OPTION: 'of the first' } } : {}),
    );
    const [first, second] = jobs.map(resultOf);
    const own = [
      expect.any(Number),
      'undefined',
      process.cwd(),
      process.umask(),
      null,
      'kept',
      null,
    ];
    expect(first).toEqual([...own, 'of the first', 'undefined']);
    expect(second).toEqual([...own, null, 'undefined']);
    expect(second).toEqual(expect.arrayContaining([(first as readonly unknown[])[0]]));
  });

  it('an attempt that ends a process fails alone, and the next one has a new process', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      'export default (call) => { if (call === 1) process.exit(3); if (call === 3) process.kill(process.pid, "SIGKILL"); return process.pid; };',
      5,
      firstArgument,
    );
    expect(jobs.map(({ outcome }) => outcome?.ok)).toEqual([
      true,
      undefined,
      true,
      undefined,
      true,
    ]);
    expect(jobs[1]?.ended).toMatchObject({ fault: 'step', reason: 'exited with code 3' });
    expect(jobs[3]?.ended).toMatchObject({ fault: 'step', signal: 'SIGKILL' });
    expect(new Set([0, 2, 4].map((call) => resultOf(jobs[call] as FinishedJob))).size).toBe(3);
  });

  it('a process does not stay after an attempt that failed', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      'export default (call) => { if (call === 1) throw new Error(String(process.pid)); return String(process.pid); };',
      3,
      firstArgument,
    );
    const failure = jobs[1]?.outcome;
    expect(failure).toMatchObject({
      ok: false,
      error: { message: resultOf(jobs[0] as FinishedJob) },
    });
    expect(jobs[1]?.ended).toMatchObject({ exitCode: 1 });
    expect(resultOf(jobs[2] as FinishedJob)).not.toBe(resultOf(jobs[0] as FinishedJob));
  });

  it.each([
    ['an interval', 'setInterval(() => console.log("late"), 1);'],
    ['an unreferenced interval', 'setInterval(() => console.log("late"), 1).unref();'],
    ['a server', 'createServer().listen(0);'],
    ['an unreferenced server', 'createServer().listen(0).unref();'],
    ['an unreferenced child process', `spawn('sleep', ['60'], { stdio: 'ignore' }).unref();`],
    ['a listener of the process', `process.on('exit', () => console.log('late'));`],
    ['a handler of uncaught errors', `process.on('uncaughtException', () => undefined);`],
  ])('a process does not stay after an attempt that leaves %s', async (_, statement) => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `import { spawn } from 'node:child_process';
      import { createServer } from 'node:net';
      export default async () => { ${statement} await new Promise((resolve) => setImmediate(resolve)); return process.pid; };`,
      2,
    );
    for (const { outcome, ended } of jobs) {
      expect(outcome).toMatchObject({ ok: true });
      expect(ended).toMatchObject({ exitCode: 0, reason: 'completed' });
    }
    expect(resultOf(jobs[0] as FinishedJob)).not.toBe(resultOf(jobs[1] as FinishedJob));
  });

  it('an attempt whose work ends in time keeps its process, and an unreferenced timer that is over does not count', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `export default async () => {
        const timer = setTimeout(() => undefined, 60_000).unref();
        clearTimeout(timer);
        setTimeout(() => undefined, 1).unref();
        setTimeout(() => console.log('own'), 2);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return process.pid;
      };`,
      2,
    );
    expect(resultOf(jobs[0] as FinishedJob)).toBe(resultOf(jobs[1] as FinishedJob));
    for (const job of jobs) expect(await readFile(engine.log(job), 'utf8')).toBe('own\n');
  });

  it('a rejection that surfaces after the outcome was sent ends the process and no other attempt', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `export default (call) => {
        // The runner calls it after the outcome was sent.
        if (call === 0) process.umask = () => void Promise.reject(new Error('late'));
        return process.pid;
      };`,
      2,
      firstArgument,
    );
    for (const { outcome } of jobs) expect(outcome).toMatchObject({ ok: true });
    expect(resultOf(jobs[0] as FinishedJob)).not.toBe(resultOf(jobs[1] as FinishedJob));
    expect(await readFile(engine.log(jobs[1] as FinishedJob), 'utf8')).toBe('');
  });
});

describe('the end of shared processes', () => {
  const ENDLESS =
    'export default (call) => call === 1 ? new Promise(() => setInterval(() => undefined, 1000)) : process.pid;';

  it('an aborted attempt ends its process, and the next one has a new process', async () => {
    const engine = await startEngine();
    const given = (call: number) => ({
      call,
      isolation: 'shared' as const,
      ...firstArgument(call),
    });
    const first = await engine.run(ENDLESS, given(0));
    await engine.submit('job-1', [await engine.step(ENDLESS, given(1))]);
    await engine.until((sent) => sent.find((one) => one.kind === 'started' && one.call === 1));
    await engine.jobs.terminate({ name: 'job-1', index: 0 }, 'not needed');
    expect(await engine.ended(1)).toMatchObject({ fault: 'abort', reason: 'not needed' });
    const next = await engine.run(ENDLESS, given(2));
    expect(next.outcome).toMatchObject({ ok: true });
    expect(resultOf(next)).not.toBe(resultOf(first));
  });

  it('an attempt that exceeds its time limit ends its process', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(engine, ENDLESS, 3, (call) => ({
      ...firstArgument(call),
      timeoutSeconds: call === 1 ? 0.5 : null,
    }));
    expect(jobs[1]?.ended).toMatchObject({ fault: 'timeout' });
    expect(resultOf(jobs[2] as FinishedJob)).not.toBe(resultOf(jobs[0] as FinishedJob));
  });

  it('terminating a completed job does not affect the attempt that runs in its process', async () => {
    const engine = await startEngine();
    const given = (call: number) => ({
      call,
      isolation: 'shared' as const,
      ...firstArgument(call),
    });
    await engine.run(ENDLESS, given(0));
    await engine.submit('job-1', [await engine.step(ENDLESS, given(1))]);
    await engine.until((sent) => sent.find((one) => one.kind === 'started' && one.call === 1));
    await engine.jobs.terminate({ name: 'job-0', index: 0 }, 'late');
    expect(await engine.jobs.state({ name: 'job-1', index: 0 })).toBe('running');
    await engine.jobs.terminate({ name: 'job-1', index: 0 }, 'not needed');
    expect(await engine.ended(1)).toMatchObject({ fault: 'abort' });
  });

  it('an idle process that is killed affects no attempt', async () => {
    const engine = await startEngine();
    const pid = Number(resultOf(await engine.run(PID, { call: 0, isolation: 'shared' })));
    const identity = processIdentity(pid);
    process.kill(pid, 'SIGTERM');
    while (identity !== undefined && isProcessAlive(identity))
      await new Promise((resolve) => setTimeout(resolve, 5));
    // The attempt may be assigned before the exit is observed: then the infrastructure failed.
    const { outcome, ended } = await engine.run(PID, { call: 1, isolation: 'shared' });
    expect(outcome?.ok ?? ended.fault).toBe(outcome === undefined ? 'infrastructure' : true);
  });

  it('a process that exits before it received its next attempt is a fault of the infrastructure', async () => {
    const engine = await startEngine();
    const file = join(engine.home, 'runner.mjs');
    // A runner that completes its first attempt, and exits in place of the second one.
    await writeFile(
      file,
      `let runs = 0;
      process.on('message', ({ kind, assignment }) => {
        if (kind === 'accepted') return process.send({ kind: 'idle' });
        if (++runs === 2) process.exit(0);
        const { run, call, attempt, token } = assignment.spec;
        process.send({ kind: 'message', id: 0, message: { kind: 'finished', run, call, attempt, token, job: 'own', at: 1, outcome: { ok: true, values: [], artifacts: [] } } });
      });
      process.send({ kind: 'ready', heapLimit: 1 });`,
    );
    const other = await startEngine({ program: { file, execArgv: [] } });
    const first = await other.run(PID, { call: 0, isolation: 'shared' });
    const second = await other.run(PID, { call: 1, isolation: 'shared' });
    expect(first.ended).toMatchObject({ exitCode: 0, reason: 'completed' });
    expect(second.outcome).toBeUndefined();
    expect(second.ended).toMatchObject({ fault: 'infrastructure' });
    expect(second.ended.reason).toContain('did not start');
  });

  it('a process that reports that it is idle before its outcome does not run another attempt', async () => {
    const engine = await startEngine();
    const file = join(engine.home, 'runner.mjs');
    await writeFile(
      file,
      `process.on('message', ({ kind }) => {
        if (kind !== 'run') return;
        process.send({ kind: 'idle' }, () => process.exit(5));
      });
      process.send({ kind: 'ready', heapLimit: 1 });`,
    );
    const other = await startEngine({ program: { file, execArgv: [] } });
    const { ended } = await other.run(PID, { isolation: 'shared' });
    expect(ended).toMatchObject({ exitCode: 5, fault: 'step' });
  });

  it('close ends idle processes', async () => {
    const engine = await startEngine();
    const pid = Number(resultOf(await engine.run(PID, { isolation: 'shared' })));
    const identity = processIdentity(pid);
    expect(identity).toBeDefined();
    await engine.jobs.close();
    expect(processIdentity(pid)?.startTime).not.toBe(identity?.startTime);
  });
});
