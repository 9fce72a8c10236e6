import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ran, runs, SOURCE } from './api-harness.ts';
import { expectRefusal, statusesOf } from './cli.ts';
import { aServer } from './dev.ts';
import { execute, ROOT } from './headrace.ts';

vi.setConfig({ testTimeout: 120_000 });

describe('a run through the API', () => {
  it('a run through the API has the document, the view and the exit code of a local run', async () => {
    const dev = await aServer({ 'main.ts': SOURCE(), go: '', mended: '' });
    const { project } = dev;
    const far = await project.json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    expect({ code: far.code, stderr: far.stderr }).toEqual({ code: 0, stderr: '' });
    const near = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'waiting',
      '--arg',
      'n=1',
      '--mode',
      'local',
    );
    const timeless = (run: unknown) =>
      JSON.parse(
        JSON.stringify(run, (key, value: unknown) =>
          ['id', 'at', 'startedAt', 'endedAt'].includes(key) ? null : value,
        ),
      );
    expect(timeless(far.run)).toEqual(timeless(near.run));
    expect(far.run).toMatchObject({
      project: 'tests/deep',
      status: 'completed',
      result: 20,
      args: { n: 1, size: 3 },
    });
    expect(far.run.steps[0]?.metrics[0]?.points).toHaveLength(3);

    const plain = await project.cli('run', 'main.ts', '--pipeline', 'wide', '--arg', 'n=210');
    expect({ code: plain.code, stderr: plain.stderr }).toEqual({ code: 0, stderr: '' });
    expect(plain.stdout).toContain('wide#1 each_209 completed');
    expect(plain.stdout).toContain('result: 210');
    const shown = await project.json('runs', 'show', 'latest');
    expect(shown.run.steps.map(({ name }) => name)).toEqual(
      Array.from({ length: 210 }, (_, n) => (n === 0 ? 'each' : `each_${n}`)),
    );
  });

  it('a failed run is resumed, rerun, tagged and removed through the API', async () => {
    const dev = await aServer({ 'main.ts': SOURCE() });
    const { project, client } = dev;
    const failed = await project.json('run', 'main.ts', '--pipeline', 'checking', '--arg', 'n=1');
    expect(failed.code).toBe(1);
    expect(failed.run).toMatchObject({
      status: 'failed',
      tags: ['t'],
      error: { name: 'StepFailedError' },
    });
    await project.write('mended', '');
    const resumed = await project.json('runs', 'resume', failed.run.id.slice(0, 20));
    expect({ code: resumed.code, id: resumed.run.id, result: resumed.run.result }).toEqual({
      code: 0,
      id: failed.run.id,
      result: 2,
    });
    expect(await ran(dev)).toBe('first picky picky ');
    expectRefusal(await project.cli('runs', 'resume', failed.run.id, '--json'), 'is completed');

    const rerun = await project.json('runs', 'rerun', failed.run.id, '--from', 'picky');
    expect({ code: rerun.code, statuses: statusesOf(rerun.run) }).toEqual({
      code: 0,
      statuses: ['first completed', 'picky cached'],
    });
    expect(rerun.run.id).not.toBe(failed.run.id);
    await project.write('main.ts', SOURCE().replace('n + 1', 'n + 5'));
    const changed = await project.json(
      'runs',
      'rerun',
      failed.run.id,
      '--from',
      'first',
      '--file',
      'main.ts',
    );
    expect({
      code: changed.code,
      version: changed.run.version,
      result: changed.run.result,
    }).toEqual({ code: 0, version: '1.0.1', result: 6 });
    expectRefusal(
      await project.cli('runs', 'rerun', failed.run.id, '--from', 'nowhere', '--json'),
      'has no step "nowhere"',
    );

    expect(
      (await project.cli('runs', 'tag', failed.run.id, '--add', 'best', '--remove', 't')).code,
    ).toBe(0);
    const { stdout } = await project.cli('runs', 'list', '--project', 'tests', '--json');
    expect(runs.parse(JSON.parse(stdout)).map(({ tags }) => tags)).toEqual([
      ['t'],
      ['t'],
      ['best'],
    ]);
    expect((await project.cli('runs', 'remove', failed.run.id)).code).toBe(0);
    expectRefusal(await project.cli('runs', 'show', failed.run.id, '--json'), 'there is no run');
    expect(existsSync(join(dev.home, 'logs', failed.run.id))).toBe(false);
    expect((await client.runs()).items.map(({ id }) => id)).toEqual([changed.run.id, rerun.run.id]);
  });

  it('logs, artifacts and the cache of the API are shown by the same commands', async () => {
    const { project } = await aServer({ 'main.ts': SOURCE(), go: '' });
    await project.json('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    const logs = await project.cli('runs', 'logs', 'latest', '--step', 'first');
    expect(logs.stdout).toMatch(
      /==> first, attempt 1 <==\nprinted by first\n==> first, attempt 1, reported <==\n\S+ reported by first\n/,
    );
    expectRefusal(
      await project.cli('runs', 'logs', 'latest', '--attempt', '7'),
      'had an attempt 7',
    );
    expectRefusal(
      await project.cli('runs', 'logs', 'latest', '--step', 'nowhere'),
      'has no step "nowhere"',
    );

    const { run } = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'storing',
      '--arg',
      'n=100000',
    );
    expect(run).toMatchObject({
      result: 100_000,
      artifacts: [{ name: 'answer', preview: '100000' }],
    });
    const listed = await project.cli('artifacts', 'list', run.id, '--json');
    expect(JSON.parse(listed.stdout)).toMatchObject([
      { step: null, name: 'answer' },
      { step: 'large', name: 'large', type: 'json' },
    ]);
    expect((await project.cli('artifacts', 'get', run.id, 'answer')).stdout).toBe('100000\n');
    const file = join(project.folder, 'large.json');
    expect((await project.cli('artifacts', 'get', run.id, 'large', 'large', '-o', file)).code).toBe(
      0,
    );
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ text: 'x'.repeat(100_000) });
    expectRefusal(
      await project.cli('artifacts', 'get', run.id, 'large', 'small'),
      'has no artifact or model "small": it has large',
    );

    const again = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'storing',
      '--arg',
      'n=100000',
    );
    expect(again.run.steps).toMatchObject([
      { status: 'cached', cachedFrom: { run: run.id, step: 'large' } },
    ]);
    const entries = await project.cli('cache', 'list', '--json');
    expect(JSON.parse(entries.stdout)).toMatchObject([{ component: 'large', run: run.id }]);
    expect((await project.cli('cache', 'clear', '--component', 'large', '--json')).stdout).toBe(
      '{"removed":1}\n',
    );
    const without = await project.json(
      'run',
      'main.ts',
      '--pipeline',
      'storing',
      '--arg',
      'n=100000',
    );
    expect(statusesOf(without.run)).toEqual(['large completed']);
  });

  it('an abort from another client is shown by the command that watches the run', async () => {
    const dev = await aServer({ 'main.ts': SOURCE() });
    const { project, client } = dev;
    const watching = project.start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await watching.printed('waits running');
    expect((await project.cli('runs', 'abort', 'latest', '--reason', 'wrong data')).stdout).toMatch(
      /is aborted\n$/,
    );
    const { code, stdout } = await watching.ended;
    expect({ code, isReported: stdout.includes('the run was aborted: wrong data') }).toEqual({
      code: 3,
      isReported: true,
    });
    const { items } = await client.runs({ status: 'aborted' });
    expect(items).toHaveLength(1);
  });

  it('a run continues when the command that watches it exits', async () => {
    const { project, client } = await aServer({ 'main.ts': SOURCE() });
    const watching = project.start('run', 'main.ts', '--pipeline', 'waiting', '--arg', 'n=1');
    await watching.printed('waits running');
    watching.process.kill('SIGINT');
    const { code, stderr } = await watching.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('the run continues');
    await writeFile(join(project.folder, 'go'), '');
    const { code: watched, run } = await project.json('runs', 'watch', 'latest');
    expect({ watched, result: run.result }).toEqual({ watched: 0, result: 20 });
    expect((await client.run(run.id)).status).toBe('completed');
  });

  it('a plain program in remote mode starts a run through the API', async () => {
    const { project } = await aServer({
      'pipelines.ts': SOURCE(),
      'program.ts': `import { checking, waiting } from './pipelines.ts';
        console.log('the result is', await waiting(4));
        await checking(1).catch((error) => console.log(error.name, error.message));`,
      go: '',
    });
    await mkdir(join(project.folder, 'node_modules'));
    await symlink(ROOT, join(project.folder, 'node_modules/headrace'));
    const loader = join(ROOT, 'node_modules/tsx/dist/loader.mjs');
    const { code, stdout, stderr } = await execute(
      process.execPath,
      ['--import', loader, 'program.ts'],
      { cwd: project.folder },
    );
    expect(stderr).toContain('waiting#1 waits completed');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^the result is 50\nPipelineRunError .*not mended/),
    });
  });
});
