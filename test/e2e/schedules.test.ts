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

  const declaring = (schedules: string) => `
    import { pipeline } from 'headrace';
    export const etl = pipeline(
      { name: 'declared', project: 'demo', schedules: ${schedules} },
      async (url: string) => url,
    );`;
  const BOTH = declaring(
    "[{ name: 'nightly', cron: '0 3 * * *', args: { url: '{{due}}' } }, { name: 'hourly', every: '1h', args: { url: 'x' } }]",
  );

  async function applyAndChange(project: Project): Promise<void> {
    const apply = async () =>
      JSON.parse(await succeeded(project, 'schedules', 'apply', 'declared.ts', '--json'));
    const none = { added: [], changed: [], unchanged: [], removed: [] };
    expect(await apply()).toEqual({ ...none, added: ['nightly', 'hourly'] });
    await succeeded(project, 'schedules', 'pause', 'nightly');
    expect(await apply()).toEqual({ ...none, unchanged: ['nightly', 'hourly'] });
    await project.write(
      'declared.ts',
      declaring("[{ name: 'hourly', every: '2h', args: { url: 'x' } }]"),
    );
    expect(await apply()).toEqual({ ...none, changed: ['hourly'], removed: ['nightly'] });
    expect(await shown(project, 'hourly')).toMatchObject({
      declared: true,
      spec: { every: '2h', pipeline: 'declared' },
    });
  }

  it('on this machine, schedules apply makes the schedules match the file, except those of commands', async () => {
    const project = await aProject({ 'declared.ts': BOTH });
    await applyAndChange(project);
    await succeeded(project, 'schedules', 'remove', 'hourly');
    await succeeded(
      project,
      ...['schedules', 'add', 'hourly', 'declared', '--every', '3h', '--arg', 'url=x'],
    );
    expectRefusal(
      await project.cli('schedules', 'apply', 'declared.ts'),
      'another schedule hourly, which was added by a command',
    );
  });

  it('behind headrace dev, schedules apply makes the schedules match the file', async () => {
    const { project } = await aServer({ 'declared.ts': BOTH });
    await applyAndChange(project);
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
