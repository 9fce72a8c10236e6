/** The run that `headrace schedules run` starts. */
import { describe, expect, it } from 'vitest';
import { requestOfSchedule, type ScheduleRecords } from '../../../src/cli/schedules.ts';
import type { ScheduleDocument } from '../../../src/wire/schedules.ts';
import { aSpec } from '../schedules/ports.ts';

const request = (over: object, options: { object?: string; arg?: readonly string[] } = {}) => {
  const document: ScheduleDocument = {
    spec: aSpec({ cron: undefined, ...over }),
    declared: false,
    createdAt: '',
    activeSince: '',
    next: null,
    firings: [],
  };
  const records: Pick<ScheduleRecords, 'hintTarget' | 'list' | 'get'> = {
    hintTarget: [],
    list: async () => [document],
    get: async () => document,
  };
  return requestOfSchedule(records, 'hourly', { arg: [], tag: [], ...options });
};

const IMPORT = {
  object: { bucket: 'uploads', prefix: 'in/', suffix: '.csv' },
  args: { url: 'from {{object}}', rows: [{ file: '{{ object }}' }] },
};

describe('headrace schedules run', () => {
  it('a schedule about objects runs for the object that is given, in all its arguments', async () => {
    const object = 's3://uploads/in/day-1.csv';
    expect(await request(IMPORT, { object })).toEqual({
      pipeline: 'examples/iris',
      args: { url: `from ${object}`, rows: [{ file: object }] },
      tags: ['schedule:hourly'],
    });
  });

  it('a file is given by its path', async () => {
    const { args } = await request(
      { ...IMPORT, object: { folder: '/data/in', prefix: '', suffix: '.csv' } },
      { object: '/data/in/day 1.csv' },
    );
    expect(args).toMatchObject({ url: 'from file:///data/in/day%201.csv' });
  });

  it.each([
    ['s3://uploads/in/day-1.txt', 'is about s3://uploads/in/*.csv, not about s3://uploads/in/day'],
    ['s3://other/in/day-1.csv', 'is about s3://uploads/in/*.csv'],
    ['in/day-1.csv', 'not about file:///'],
  ])('%s is refused, because the schedule is about other objects', async (object, reason) => {
    await expect(request(IMPORT, { object })).rejects.toThrow(reason);
  });

  it('an object is refused by a schedule with times', async () => {
    await expect(request({ every: '1h' }, { object: 's3://uploads/a.csv' })).rejects.toThrow(
      'is not about objects',
    );
  });

  it('without an object, the argument and both remedies are named', async () => {
    await expect(request(IMPORT)).rejects.toThrow(
      'the argument url of schedule hourly is known when it fires only: give it with --object <address>, or --arg url=…',
    );
    expect(await request(IMPORT, { arg: ['url=x', 'rows=y'] })).toMatchObject({ args: {} });
  });
});
