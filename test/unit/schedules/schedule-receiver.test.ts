import { expect, it, vi } from 'vitest';
import { type FiringReport, receiveFiring } from '../../../src/api/schedule-receiver.ts';
import { aSpec, MINUTE, START, schedulePorts } from './ports.ts';

const HOUR = 60 * MINUTE;

/** The ports of a deployment with a schedule after runs of `etl`, which was checked before. */
async function aDeployment() {
  const memory = await schedulePorts();
  const reports: FiringReport[] = [];
  const done = async () => undefined;
  const ports = {
    ...memory,
    timers: { set: done, remove: done },
    report: (report: FiringReport) => void reports.push(report),
  };
  const over = { cron: undefined, after: { pipeline: 'etl' }, args: { url: '{{run}}' } };
  await memory.control.put(aSpec(over), { replace: false, declared: false });
  const check = () => receiveFiring(ports, { kind: 'check' });
  await check();
  return { ...memory, reports, check };
}

it('a check of a deployment finds the end of a run that is older than a page of newer runs', async () => {
  const { unfinished, ended, time, check, created, reports } = await aDeployment();
  const long = await unfinished(1000);
  time.now = START + HOUR;
  for (let n = 1001; n < 1251; n += 1) await ended(n);
  await long.end(time.now);
  time.now += 10 * MINUTE;
  await check();
  expect(created).toHaveLength(251);
  expect(created.map(({ args }) => args)).toContainEqual({ url: long.id });
  await check();
  expect(created).toHaveLength(251);
  expect(reports.filter(({ error }) => error !== undefined)).toEqual([]);
});

it('a later version that reads a path of the project starts its runs, whose failure is reported', async () => {
  const { control, registry, schedules, created, time, check } = await aDeployment();
  const spec = aSpec({ name: 'nightly' });
  await control.put(spec, { replace: false, declared: false });
  const pipeline = { project: spec.project, name: spec.pipeline };
  const content = (await registry.version(pipeline, '1.0.0'))?.content;
  if (content == null) throw new Error('the pipeline is not registered');
  const code = { ...content.code, projectRoot: '', inputs: ['data.csv'] };
  await registry.register(pipeline, '2.0.0', 'd', false, { ...content, code });
  time.now = START + HOUR + 10 * MINUTE;
  await check();
  expect(created).toMatchObject([{ version: '2.0.0' }]);
  const [firing] = await schedules.firings(spec, 1);
  expect(firing?.outcome.status).toBe('started');
  await expect(
    control.put({ ...spec, name: 'other' }, { replace: false, declared: false }),
  ).rejects.toThrow('version 2.0.0 of iris gives "data.csv" to inputFile');
});

it('a check of a deployment reads one page if the next ones are older than a day', async () => {
  const { ended, time, check, created, queries } = await aDeployment();
  const runs = vi.spyOn(queries, 'runs');
  for (let n = 1001; n < 1251; n += 1) await ended(n, 'completed', START + MINUTE);
  time.now = START + 10 * MINUTE;
  await check();
  expect(created).toHaveLength(250);
  expect(runs).toHaveBeenCalledTimes(3);
  time.now = START + 25 * HOUR;
  await check();
  runs.mockClear();
  await check();
  expect(runs).toHaveBeenCalledTimes(1);
  expect(created).toHaveLength(250);
});
