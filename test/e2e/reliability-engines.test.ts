import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aProject, expectRefusal, type Project } from './cli.ts';
import {
  countOf,
  isRunning,
  kill,
  STATE_TIMEOUT_MS,
  TRACED,
  traceOf,
  until,
  untilTraced,
} from './reliability.ts';

const SOURCE = `${TRACED}
export const shared = component({ returnValues: ['n'], cache: true }, async (n: number) => {
  trace('pid ' + process.pid);
  trace('shared');
  await appeared('go');
  trace('shared is done');
  return n + 1;
});
export const own = component({ returnValues: ['n'] }, (n: number, name: string) => { trace('own ' + name); return n; });
export const both = pipeline({ name: 'both', project: 'tests' }, async (name: string) => await own(shared(1), name));
`;

const start = (project: Project, name: string) =>
  project.start('run', 'main.ts', '--arg', `name=${name}`, '--json');
const resultOf = (stdout: string): unknown => JSON.parse(stdout);

describe('two engines on one home', { timeout: 3 * STATE_TIMEOUT_MS }, () => {
  it('two engines execute a shared step once, and number their runs', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = [start(project, 'a'), start(project, 'b')];
    await untilTraced(project, 'shared');
    await until(
      async () => (await project.cli('runs', 'list')).stdout.match(/running/g)?.length === 2,
    );
    await project.write('go', '');
    const ended = await Promise.all(running.map((each) => each.ended));
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    const documents = ended.map(({ stdout }) => resultOf(stdout));
    expect(documents).toMatchObject([{ result: 2 }, { result: 2 }]);
    expect(
      traceOf(project)
        .filter((line) => !line.startsWith('pid'))
        .sort(),
    ).toEqual(['own a', 'own b', 'shared', 'shared is done']);
    // The list is sorted by creation, and numbers are assigned in the order of records. The two
    // orders of concurrent runs may differ.
    const list = z
      .array(z.looseObject({ number: z.number() }))
      .parse(JSON.parse((await project.cli('runs', 'list', '--json')).stdout));
    expect(list.map(({ number }) => number).sort()).toEqual([1, 2]);
  });

  it('an engine continues when the other one is killed with the lease; the other run then reuses the result', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const first = start(project, 'a');
    await untilTraced(project, 'shared');
    const second = start(project, 'b');
    await until(async () =>
      (await project.cli('runs', 'show', 'latest')).stdout.includes('waits for lease'),
    );
    await kill(first);
    await until(() => countOf(project, 'shared') === 2);
    await project.write('go', '');
    const { code, stdout } = await second.ended;
    expect({ code, document: resultOf(stdout) }).toMatchObject({
      code: 0,
      document: { result: 2 },
    });
    const list = resultOf((await project.cli('runs', 'list', '--json')).stdout);
    expect(list).toMatchObject([{ status: 'completed' }, { status: 'running' }]);
    const id = Array.isArray(list) ? String(list[1]?.id) : '';
    const resumed = await project.json('runs', 'resume', id);
    expect({ code: resumed.code, result: resumed.run.result }).toEqual({ code: 0, result: 2 });
    expect(countOf(project, 'shared')).toBe(2);
  });

  it('the run of an engine that is killed while it waits for a lease can be resumed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const first = start(project, 'a');
    await untilTraced(project, 'shared');
    const second = start(project, 'b');
    await until(async () =>
      (await project.cli('runs', 'show', 'latest')).stdout.includes('waits for lease'),
    );
    await kill(second);
    const resumed = project.start('runs', 'resume', 'latest', '--json');
    await project.write('go', '');
    expect((await first.ended).code).toBe(0);
    expect((await resumed.ended).code).toBe(0);
    expect(countOf(project, 'shared')).toBe(1);
  });

  it('an engine aborts a run of the other: steps stop, the owner exits with 3, and the run can be resumed', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'a');
    await untilTraced(project, 'shared');
    expectRefusal(await project.cli('runs', 'resume', 'latest'), 'executes it: wait for the run');
    expect(await project.cli('runs', 'abort', 'latest')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is aborted'),
    });
    expect((await running.ended).code).toBe(3);
    await until(
      () =>
        !traceOf(project).some(
          (line) => line.startsWith('pid ') && isRunning(Number(line.slice(4))),
        ),
    );
    await project.write('go', '');
    const { code, run } = await project.json('runs', 'resume', 'latest');
    expect({ code, result: run.result }).toEqual({ code: 0, result: 2 });
    expectRefusal(await project.cli('runs', 'resume', 'latest'), 'completed');
  });

  it('an engine aborts a run whose owner crashes before it receives the abort', async () => {
    const project = await aProject({ 'main.ts': SOURCE });
    const running = start(project, 'a');
    await untilTraced(project, 'shared');
    running.process.kill('SIGSTOP');
    const aborting = project.start('runs', 'abort', 'latest');
    await until(() => readFileSync(join(project.home, 'headrace.db-wal')).includes('run.abort'));
    await kill(running);
    expect(await aborting.ended).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('is aborted'),
    });
  });
});
