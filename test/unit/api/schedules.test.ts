import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createScheduleControl } from '../../../src/api/schedule-control.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { RunInfo } from '../../../src/model/run.ts';
import { anInfo } from '../../conformance/records.ts';
import { aFiring, aSchedule } from '../../conformance/schedules.ts';
import { aSpec, schedulePorts } from '../schedules/ports.ts';
import { type ApiHarness, anApi, idOf } from './harness.ts';

const SIGNATURE: RunInfo['code']['signature'] = {
  style: 'positional',
  parameters: [
    { name: 'url', type: { kind: 'string' }, optional: false },
    { name: 'size', type: { kind: 'number' }, optional: true },
  ],
  rest: false,
};

const SPEC = {
  project: 'examples',
  pipeline: 'iris',
  name: 'nightly',
  args: { url: 'at {{due}}' },
  cron: '0 3 * * *',
};
const PATH = '/v1/schedules/nightly?project=examples';

let api: ApiHarness;
beforeEach(async () => {
  api = await anApi();
  const { code } = anInfo(idOf(1));
  await api.storage.registry.register({ project: 'examples', name: 'iris' }, '1.0.0', 'c', false, {
    code: { ...code, signature: SIGNATURE },
    declaration: pipelineDeclarationSchema.parse({ name: 'iris', project: 'examples' }),
    defaultQueue: null,
    createdAt: 0,
  });
});
const put = (over: object = {}, options: object = {}) =>
  api.request('POST', '/v1/schedules', { spec: { ...SPEC, ...over }, ...options });

describe('the routes of schedules', () => {
  it('a schedule is added, read, listed, paused, resumed and removed', async () => {
    const added = await put();
    expect(added).toMatchObject({
      status: 200,
      body: { spec: SPEC, next: '1970-01-01T03:00:00.000Z', declared: false, firings: [] },
    });
    expect(await api.request('GET', PATH)).toMatchObject({ status: 200, body: added.body });
    expect((await api.request('GET', '/v1/schedules')).body).toEqual({
      items: [added.body],
      next: null,
    });
    expect(await api.request('PATCH', PATH, { paused: true })).toMatchObject({
      status: 200,
      body: { spec: { paused: true }, next: null },
    });
    expect(await api.request('PATCH', PATH, { paused: false })).toMatchObject({
      body: { next: '1970-01-01T03:00:00.000Z' },
    });
    expect((await api.request('DELETE', PATH)).status).toBe(204);
    expect((await api.request('DELETE', PATH)).status).toBe(204);
    expect((await api.request('GET', PATH)).status).toBe(404);
    expect((await api.request('PATCH', PATH, { paused: true })).status).toBe(404);
  });

  it.each([
    [{ cron: 'daily' }, 'cron'],
    [{ cron: undefined, every: '1s' }, 'every'],
    [{ cron: undefined, after: { pipeline: '' } }, 'after.pipeline'],
    [{ unknown: 1 }, 'unknown'],
    [{ every: '1h' }, ''],
  ])('a malformed schedule names the field as it is declared: %j', async (over, field) => {
    const { status, body } = await put(over);
    expect({ status, body }).toMatchObject({ status: 400, body: { errors: [{ field }] } });
    expect(JSON.stringify(body)).not.toContain('spec');
  });

  it('a repeated request changes nothing, and another schedule of the name needs replace', async () => {
    const first = await put();
    api.now += 1000;
    expect(await put()).toMatchObject({ status: 200, body: first.body });
    expect(await put({ cron: '0 4 * * *' })).toMatchObject({
      status: 409,
      body: { errors: [{ field: 'name' }] },
    });
    expect(await put({ cron: '0 4 * * *' }, { replace: true })).toMatchObject({
      status: 200,
      body: { spec: { cron: '0 4 * * *' }, activeSince: '1970-01-01T00:00:02.000Z' },
    });
  });

  it('another argument leaves the times of a schedule as they are', async () => {
    await put();
    api.now += 1000;
    expect(await put({ args: { url: 'x' } }, { replace: true })).toMatchObject({
      status: 200,
      body: { spec: { args: { url: 'x' } }, activeSince: '1970-01-01T00:00:01.000Z' },
    });
  });

  it('a file that declares a paused schedule does not resume it', async () => {
    await put({}, { declared: true });
    await api.request('PATCH', PATH, { paused: true });
    expect(await put({ tags: ['new'] }, { declared: true, replace: true })).toMatchObject({
      status: 200,
      body: { spec: { paused: true, tags: ['new'] } },
    });
  });

  it.each([
    ['an argument that the pipeline does not have', { args: { url: 'x', other: 1 } }, 'args.other'],
    ['a missing argument', { args: {} }, 'args.url'],
    ['an argument of another type', { args: { url: 'x', size: 'large' } }, 'args.size'],
    ['a placeholder that its cause does not have', { args: { url: '{{run}}' } }, 'args'],
    ['an unknown pipeline', { pipeline: 'other' }, 'pipeline'],
    ['an unknown version', { version: '9.0.0' }, 'version'],
    ['a cron expression out of range', { cron: '0 25 * * *' }, 'cron'],
    ['a time zone that does not exist', { timeZone: 'Europe/Atlantis' }, 'timeZone'],
    ['a pipeline after itself', { cron: undefined, after: { pipeline: 'iris' } }, 'after'],
    ['a bucket that is not declared', { cron: undefined, object: { bucket: 'others' } }, 'object'],
  ])('%s is refused, and nothing is recorded', async (_, over, field) => {
    expect(await put(over)).toMatchObject({ status: 422, body: { errors: [{ field }] } });
    expect((await api.request('GET', '/v1/schedules')).body).toMatchObject({ items: [] });
  });

  it.each([
    ['two causes', { every: '1h' }],
    ['no cause', { cron: undefined }],
    ['a time zone without cron', { cron: undefined, every: '1h', timeZone: 'UTC' }],
    ['an interval of seconds', { cron: undefined, every: '30s' }],
    ['a name with a slash', { name: 'a/b' }],
  ])('%s does not match the schema', async (_, over) => {
    expect((await put(over)).status).toBe(400);
  });

  it('a schedule shows its last firings: the runs that they started, or why they did not', async () => {
    await put();
    const { schedules } = api.storage;
    await schedules.claim(
      { project: 'examples', name: 'nightly' },
      aFiring({ outcome: { status: 'missed', reason: 'nothing ran' } }),
    );
    expect(await api.request('GET', PATH)).toMatchObject({
      body: {
        firings: [
          { status: 'missed', due: '2026-01-01T03:00:00.000Z', run: null, reason: 'nothing ran' },
        ],
      },
    });
  });
});

describe('the timers of schedules', () => {
  async function withTimers() {
    const timers: string[] = [];
    const ports = await schedulePorts({
      timers: {
        set: async ({ paused }) => void timers.push(paused ? 'off' : 'on'),
        remove: async () => void timers.push('removed'),
      },
    });
    return { ...ports, timers };
  }

  it('a timer is set before its schedule is recorded, and removed after it', async () => {
    const { schedules, control, timers } = await withTimers();
    vi.spyOn(schedules, 'write').mockRejectedValueOnce(new Error('crash'));
    const options = { replace: false, declared: false };
    await expect(control.put(aSpec(), options)).rejects.toThrow('crash');
    expect(timers).toEqual(['on']);
    expect(await schedules.schedule(aSpec())).toBeUndefined();
    await control.put(aSpec(), options);
    await control.setPaused(aSpec(), true);
    await control.setPaused(aSpec(), false);
    await control.remove(aSpec());
    await control.remove(aSpec());
    expect(timers).toEqual(['on', 'on', 'off', 'on', 'removed', 'removed']);
  });

  it('the loser of two changes at once sets the timer as the winner recorded it', async () => {
    const { schedules, control, timers } = await withTimers();
    await control.put(aSpec(), { replace: false, declared: false });
    const write = schedules.write.bind(schedules);
    vi.spyOn(schedules, 'write').mockImplementationOnce(async (schedule, revision) => {
      await write(aSchedule({ ...aSpec(), paused: true, revision: 2 ** 50 }), revision);
      return await write(schedule, revision);
    });
    await expect(
      control.put(aSpec({ every: '1h', cron: undefined }), { replace: true, declared: false }),
    ).rejects.toThrow('was changed meanwhile');
    expect(timers).toEqual(['on', 'on', 'off']);
  });

  it('without a timer, no schedule is recorded', async () => {
    const ports = await schedulePorts();
    const control = createScheduleControl({
      ...ports,
      timers: {
        set: () => Promise.reject(new Error('no timers')),
        remove: async () => undefined,
      },
    });
    await expect(control.put(aSpec(), { replace: false, declared: false })).rejects.toThrow(
      'no timers',
    );
    expect(await ports.schedules.schedule(aSpec())).toBeUndefined();
  });
});
