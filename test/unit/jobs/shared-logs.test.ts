/** The logs of attempts with `isolation: 'shared'`. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type FinishedJob, startEngine, withRunner } from './harness.ts';
import { firstArgument, resultOf, runCalls } from './shared-calls.ts';

withRunner();

describe('the logs of attempts that share a process', () => {
  it('output of a child process and output that waits in a stream are in the log of their own attempt', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `import { spawnSync } from 'node:child_process';
      export default (call) => { spawnSync('echo', ['child ' + call], { stdio: 'inherit' }); process.stdout.write('own ' + call + '\\n'); return process.pid; };`,
      2,
      firstArgument,
    );
    expect(resultOf(jobs[0] as FinishedJob)).toBe(resultOf(jobs[1] as FinishedJob));
    for (const [call, job] of jobs.entries())
      expect(await readFile(engine.log(job), 'utf8')).toBe(`child ${call}\nown ${call}\n`);
  });

  it('an attempt without output leaves no log, and the next one has its own output only', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `export default (call) => { if (call === 2 || call === 3) console.log('call ' + call); return process.pid; };`,
      5,
      firstArgument,
    );
    expect(new Set(jobs.map(resultOf)).size).toBe(1);
    const logs = await Promise.all(
      jobs.map((job) => readFile(engine.log(job), 'utf8').catch(() => 'no log')),
    );
    expect(logs).toEqual(['no log', 'no log', 'call 2\n', 'call 3\n', '']);
  });

  it('output of a process that an attempt left behind is not in the log of the next one', async () => {
    const engine = await startEngine();
    const jobs = await runCalls(
      engine,
      `import { spawnSync } from 'node:child_process';
      import { existsSync, writeFileSync } from 'node:fs';
      import { join } from 'node:path';
      export default async ([call, folder]) => {
        const [go, done] = ['go', 'done'].map((name) => join(folder, name));
        const wait = 'while [ ! -e "' + go + '" ]; do sleep 0.01; done; echo left; touch "' + done + '"';
        if (call === 0) spawnSync('sh', ['-c', '(' + wait + ') &'], { stdio: 'inherit' });
        else {
          writeFileSync(go, '');
          while (!existsSync(done)) await new Promise((resolve) => setTimeout(resolve, 5));
        }
        return process.pid;
      };`,
      2,
      (call) => firstArgument([call, engine.home]),
    );
    expect(resultOf(jobs[0] as FinishedJob)).toBe(resultOf(jobs[1] as FinishedJob));
    expect(await readFile(engine.log(jobs[0] as FinishedJob), 'utf8')).toBe('left\n');
    expect(await readFile(engine.log(jobs[1] as FinishedJob), 'utf8')).toBe('');
  });
});
