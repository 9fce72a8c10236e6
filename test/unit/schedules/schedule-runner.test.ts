import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ScheduleRunner } from '../../../src/cli/dev/schedule-runner.ts';
import { runId } from '../../conformance/records.ts';
import { aSpec, MINUTE, type SchedulePorts, START, schedulePorts } from './ports.ts';

const HOUR = 60 * MINUTE;

interface Dev {
  readonly runner: ScheduleRunner;
  readonly notes: readonly string[];
}

/** A server that starts. Its timers do not fire: the tests call `check`. */
async function started(ports: SchedulePorts): Promise<Dev> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const notes: string[] = [];
  const runner = new ScheduleRunner({
    ...ports,
    hintTarget: [],
    note: (line) => void notes.push(line),
  });
  onTestFinished(() => runner.stop());
  await runner.check();
  return { runner, notes };
}

const put = (ports: SchedulePorts, over: object = {}) =>
  ports.control.put(aSpec(over), { replace: false, declared: false });
const outcomes = async (ports: SchedulePorts) =>
  (await ports.schedules.firings(aSpec(), 50)).map(({ outcome }) => outcome.status);

describe('the schedules of headrace dev', () => {
  it('a due time starts one run with the arguments of the firing and the tag of the schedule', async () => {
    const ports = await schedulePorts();
    await put(ports);
    const { runner, notes } = await started(ports);
    expect(ports.created).toEqual([]);
    ports.time.now = START + HOUR;
    await runner.check();
    await runner.check();
    expect(ports.created).toMatchObject([
      {
        args: { url: 'at 2026-01-01T01:00:00.000Z' },
        declaration: { tags: ['schedule:hourly'] },
      },
    ]);
    expect(notes).toEqual([
      `schedule hourly, due at 2026-01-01T01:00:00.000Z, started run ${ports.created[0]?.id}`,
    ]);
    ports.time.now = START + 2 * HOUR;
    await runner.check();
    expect(ports.created).toHaveLength(2);
  });

  it('the timer waits for the next due time', async () => {
    const ports = await schedulePorts();
    await put(ports);
    const { runner } = await started(ports);
    ports.time.now = START + HOUR - 1000;
    await runner.check();
    ports.time.now = START + HOUR;
    await vi.advanceTimersByTimeAsync(1000);
    await vi.waitFor(() => expect(ports.created).toHaveLength(1));
  });

  it('a server that crashed between the claim and the run continues with the same run', async () => {
    const ports = await schedulePorts();
    await put(ports);
    const { runner } = await started(ports);
    ports.time.now = START + HOUR;
    ports.failures.create = new Error('the process ended');
    await runner.check();
    await runner.stop();
    const [claimed] = await ports.schedules.firings(aSpec(), 1);
    expect(claimed?.outcome).toMatchObject({ status: 'starting' });
    ports.failures.create = undefined;
    ports.time.now = START + HOUR + 30 * MINUTE;
    await started(ports);
    expect(ports.created.map(({ id }) => id)).toEqual([
      claimed?.outcome.status === 'starting' ? claimed.outcome.run : undefined,
    ]);
    expect(await outcomes(ports)).toEqual(['started']);
  });

  it('a server that crashed between the run and its record starts no second run', async () => {
    const ports = await schedulePorts();
    await put(ports);
    const settle = vi.spyOn(ports.schedules, 'settle').mockRejectedValueOnce(new Error('crash'));
    const { runner } = await started(ports);
    ports.time.now = START + HOUR;
    await runner.check();
    expect(settle).toHaveBeenCalledTimes(1);
    expect(ports.created).toHaveLength(1);
    await runner.stop();
    await started(ports);
    expect(ports.created).toHaveLength(1);
    expect(await outcomes(ports)).toEqual(['started']);
  });

  it('a server that crashed before the position was recorded fires nothing twice', async () => {
    const ports = await schedulePorts();
    await put(ports);
    vi.spyOn(ports.schedules, 'advance').mockRejectedValueOnce(new Error('crash'));
    const { runner } = await started(ports);
    ports.time.now = START + HOUR;
    await runner.check();
    await runner.stop();
    ports.time.now = START + HOUR + 10 * MINUTE;
    const { notes } = await started(ports);
    expect(ports.created).toHaveLength(1);
    expect(await outcomes(ports)).toEqual(['started']);
    expect(notes).toEqual([]);
  });

  it('two servers on one home start one run for each due time', async () => {
    const ports = await schedulePorts();
    await put(ports);
    const servers = [await started(ports), await started(ports)];
    ports.time.now = START + HOUR;
    await Promise.all(servers.map(({ runner }) => runner.check()));
    expect(new Set(ports.created.map(({ id }) => id)).size).toBe(1);
  });

  it('what was due while no server ran is reported as missed, and starts no run', async () => {
    const ports = await schedulePorts();
    await put(ports);
    await (await started(ports)).runner.stop();
    ports.time.now = START + 3 * HOUR + 5 * MINUTE;
    const { notes, runner } = await started(ports);
    expect(ports.created).toEqual([]);
    expect(await outcomes(ports)).toEqual(['missed', 'missed', 'missed']);
    expect(notes).toEqual([
      'schedule hourly missed 3 runs while `headrace dev` did not run: `headrace schedules show hourly` lists the last ones',
    ]);
    await runner.stop();
    expect((await started(ports)).notes).toEqual([]);
  });

  it('with missed: once, the last missed due time starts one run', async () => {
    const ports = await schedulePorts();
    await put(ports, { missed: 'once' });
    ports.time.now = START + 3 * HOUR + 5 * MINUTE;
    await started(ports);
    expect(ports.created.map(({ args }) => args)).toEqual([{ url: 'at 2026-01-01T03:00:00.000Z' }]);
    expect(await outcomes(ports)).toEqual(['started', 'missed', 'missed']);
  });

  it('a due time during a restart of the server is fired, not missed', async () => {
    const ports = await schedulePorts();
    await put(ports);
    ports.time.now = START + HOUR + 20_000;
    await started(ports);
    expect(await outcomes(ports)).toEqual(['started']);
  });

  it('of many missed due times, the last ones are recorded', async () => {
    const ports = await schedulePorts();
    await put(ports, { cron: '* * * * *' });
    ports.time.now = START + 200 * HOUR;
    const { notes } = await started(ports);
    expect(notes[0]).toContain('missed more than 18 runs');
    expect((await outcomes(ports)).filter((status) => status === 'missed')).toHaveLength(18);
  });

  it('a firing whose arguments are no longer valid is recorded with the reason', async () => {
    const ports = await schedulePorts();
    await put(ports);
    vi.spyOn(ports.registry, 'version').mockResolvedValue(undefined);
    ports.time.now = START + HOUR;
    const { notes } = await started(ports);
    expect(ports.created).toEqual([]);
    expect((await ports.schedules.firings(aSpec(), 1))[0]?.outcome).toEqual({
      status: 'failed',
      reason: 'version: pipeline iris of project examples has no version 1.0.0',
    });
    expect(notes[0]).toContain('started no run: version: pipeline iris');
  });

  it('an error of one schedule is printed, and the others fire', async () => {
    const ports = await schedulePorts();
    await put(ports, { name: 'a' });
    await put(ports, { name: 'b' });
    const claim = ports.schedules.claim.bind(ports.schedules);
    vi.spyOn(ports.schedules, 'claim').mockImplementation(async (name, firing) => {
      if (name.name === 'a') throw new Error('the disk is full');
      return await claim(name, firing);
    });
    ports.time.now = START + HOUR;
    const { notes } = await started(ports);
    expect(notes).toContain('schedule a: the disk is full');
    expect(ports.created).toHaveLength(1);
  });

  it('a paused schedule starts no run, and what was due during the pause is not missed', async () => {
    const ports = await schedulePorts();
    await put(ports);
    await ports.control.setPaused(aSpec(), true);
    const { runner } = await started(ports);
    ports.time.now = START + 2 * HOUR;
    await runner.check();
    await ports.control.setPaused(aSpec(), false);
    await runner.check();
    expect(await outcomes(ports)).toEqual([]);
    ports.time.now = START + 3 * HOUR;
    await runner.check();
    expect(await outcomes(ports)).toEqual(['started']);
  });
});

describe('schedules after another pipeline, in headrace dev', () => {
  const AFTER = {
    cron: undefined,
    after: { pipeline: 'etl' },
    args: { url: 'of {{run}}' },
  };

  it('the end of a run starts one run, also if it is reported twice and found by a check', async () => {
    const ports = await schedulePorts();
    await put(ports, AFTER);
    const { runner } = await started(ports);
    ports.time.now += 2 * MINUTE;
    const id = await ports.ended(50);
    await runner.runEnded(id);
    await runner.runEnded(id);
    await runner.check();
    expect(ports.created.map(({ args }) => args)).toEqual([{ url: `of ${runId(50)}` }]);
  });

  it('a run of another process is found by a check', async () => {
    const ports = await schedulePorts();
    await put(ports, AFTER);
    const { runner } = await started(ports);
    ports.time.now += 10 * MINUTE;
    await ports.ended(50, 'completed', ports.time.now - 20_000);
    await runner.check();
    expect(ports.created).toHaveLength(1);
  });

  it('a run that ended in another way starts none, and one that failed starts that of failures', async () => {
    const ports = await schedulePorts();
    await put(ports, AFTER);
    await put(ports, { ...AFTER, name: 'alert', after: { pipeline: 'etl', status: 'failed' } });
    const { runner } = await started(ports);
    await runner.runEnded(await ports.ended(50, 'failed'));
    expect(ports.created.map(({ declaration }) => declaration.tags)).toEqual([['schedule:alert']]);
  });

  it('runs that ended while no server ran are reported as missed', async () => {
    const ports = await schedulePorts();
    await put(ports, AFTER);
    ports.time.now += HOUR;
    await ports.ended(50, 'completed', START + 10 * MINUTE);
    await ports.ended(51, 'completed', START - 10 * MINUTE);
    const { notes } = await started(ports);
    expect(ports.created).toEqual([]);
    expect(await outcomes(ports)).toEqual(['missed']);
    expect(notes[0]).toContain('schedule hourly missed a run');
  });

  it('of runs of other processes that ended, more than a page are found', async () => {
    const ports = await schedulePorts();
    await put(ports, { cron: undefined, after: { pipeline: 'etl' }, args: { url: '{{run}}' } });
    const { runner } = await started(ports);
    ports.time.now = START + MINUTE;
    for (let n = 1000; n < 1105; n += 1) await ports.ended(n);
    await runner.check();
    expect(ports.created).toHaveLength(105);
    ports.time.now = START + 3 * MINUTE;
    await runner.check();
    expect(ports.created).toHaveLength(105);
  });

  it('a run that took longer than all runs since is found when it has ended', async () => {
    const ports = await schedulePorts();
    await put(ports, { cron: undefined, after: { pipeline: 'etl' }, args: { url: '{{run}}' } });
    const long = await ports.unfinished(1000);
    const { runner } = await started(ports);
    for (let n = 1001; n < 1105; n += 1) await ports.ended(n, 'failed');
    ports.time.now = START + HOUR;
    await runner.check();
    expect(ports.created).toEqual([]);
    await long.end(START + HOUR + MINUTE);
    ports.time.now = START + HOUR + MINUTE;
    await runner.check();
    expect(ports.created.map(({ args }) => args)).toEqual([{ url: long.id }]);
  });

  const aFile = (key: string, at: number, over: object = {}) => ({
    folder: '/inbox',
    key,
    address: `file:///inbox/${key}`,
    version: `1 ${at}`,
    at,
    ...over,
  });

  it('a new file of a folder starts one run with its address, when it is no longer written', async () => {
    const ports = await schedulePorts();
    const object = { folder: '/inbox', suffix: '.csv' };
    ports.files.push(aFile('old.csv', START - 1));
    await put(ports, { cron: undefined, object, args: { url: '{{object}}' } });
    const { runner } = await started(ports);
    ports.files.push(aFile('new.csv', START + MINUTE), aFile('new.txt', START + MINUTE));
    ports.time.now = START + MINUTE + 1000;
    await runner.check();
    expect(ports.created).toEqual([]);
    ports.time.now = START + MINUTE + 5000;
    await runner.check();
    await runner.check();
    expect(ports.created.map(({ args }) => args)).toEqual([{ url: 'file:///inbox/new.csv' }]);
    ports.files.push(aFile('new.csv', START + 2 * MINUTE));
    ports.time.now = START + 2 * MINUTE + 5000;
    await runner.check();
    expect(ports.created).toHaveLength(2);
  });

  it('files that were written while no server ran are missed', async () => {
    const ports = await schedulePorts();
    const object = { folder: '/inbox' };
    await put(ports, { cron: undefined, object, args: { url: '{{object}}' }, missed: 'once' });
    ports.files.push(aFile('a', START + MINUTE), aFile('b', START + 2 * MINUTE));
    ports.time.now = START + HOUR;
    await started(ports);
    expect(ports.created.map(({ args }) => args)).toEqual([{ url: 'file:///inbox/b' }]);
    expect(await outcomes(ports)).toEqual(['started', 'missed']);
  });
});
