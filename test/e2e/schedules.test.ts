import { describe, expect, it, vi } from 'vitest';
import { scheduleSchema } from '../../src/wire/schedules.ts';
import { aProject, expectRefusal, type Project } from './cli.ts';
import { aServer } from './dev.ts';

vi.setConfig({ testTimeout: 180_000 });

const FILES = {
  'main.ts': `
    import { pipeline } from 'headrace';
    export const etl = pipeline({ name: 'etl', project: 'demo' }, async (url: string) => url);
    export const report = pipeline({ name: 'report', project: 'demo' }, async (run: string) => run);`,
};

async function succeeded(project: Project, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.cli(...args);
  expect({ args, code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

const shown = async (project: Project, name: string) =>
  scheduleSchema.parse(JSON.parse(await succeeded(project, 'schedules', 'show', name, '--json')));

describe('schedules', () => {
  it('on this machine, a schedule is added, shown, paused, run now and removed by commands', async () => {
    const project = await aProject(FILES);
    await succeeded(project, 'run', 'main.ts', '--pipeline', 'etl', '--arg', 'url=x');
    const added = await succeeded(
      project,
      ...['schedules', 'add', 'nightly', 'etl', '--cron', '0 3 * * *'],
      ...['--time-zone', 'Europe/Berlin', '--arg', 'url={{due}}'],
    );
    expect(added).toMatch(/^schedule nightly of demo\/etl: next: \S+T0[12]:00:00\.000Z\n/);
    expect(added).toContain('its runs start while `headrace dev` runs');
    expectRefusal(
      await project.cli('schedules', 'add', 'nightly', 'etl', '--every', '1h', '--arg', 'url=x'),
      'project demo has another schedule nightly',
    );
    expectRefusal(
      await project.cli('schedules', 'add', 'other', 'etl', '--every', '1h'),
      'argument url is missing',
    );
    await succeeded(project, 'schedules', 'pause', 'nightly');
    expect(await succeeded(project, 'schedules', 'list')).toMatch(/nightly +demo\/etl.*paused/);
    await succeeded(project, 'schedules', 'resume', 'nightly');
    const { run } = await project.json('schedules', 'run', 'nightly');
    expect(run).toMatchObject({ status: 'completed', tags: ['schedule:nightly'] });
    expect(run.result).toMatch(/^\d{4}-\d\d-\d\dT/);
    await succeeded(project, 'schedules', 'remove', 'nightly');
    expect((await project.cli('schedules', 'show', 'nightly')).stderr).toContain(
      'there is no schedule "nightly"',
    );
  });

  it('behind headrace dev, the end of a run starts the run of a schedule with its id', async () => {
    const { project } = await aServer(FILES);
    await project.json('run', 'main.ts', '--pipeline', 'report', '--arg', 'run=x');
    await project.json('run', 'main.ts', '--pipeline', 'etl', '--arg', 'url=x');
    await succeeded(
      project,
      ...['schedules', 'add', 'rep', 'report', '--after', 'etl', '--arg', 'run={{run}}'],
    );
    const { run: ended } = await project.json('start', 'etl', '--arg', 'url=y');
    await vi.waitFor(
      async () => expect((await shown(project, 'rep')).firings[0]?.status).toBe('started'),
      { timeout: 60_000, interval: 500 },
    );
    const [firing] = (await shown(project, 'rep')).firings;
    expect(firing).toMatchObject({ endedRun: ended.id });
    const { run } = await project.json('runs', 'watch', firing?.run ?? '');
    expect(run).toMatchObject({ result: ended.id, tags: ['schedule:rep'] });
  });
});
