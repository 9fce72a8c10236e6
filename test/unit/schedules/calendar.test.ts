import { describe, expect, it } from 'vitest';
import { calendarProblem, dueTimes, nextDue } from '../../../src/schedules/calendar.ts';

const at = (iso: string): number => Date.parse(iso);
const iso = (time: number | undefined) =>
  time === undefined ? null : new Date(time).toISOString();

describe('due times of schedules', () => {
  it('a cron expression is due at local times of its time zone, in winter and in summer', () => {
    const berlin = { cron: '0 3 * * *', timeZone: 'Europe/Berlin', activeSince: 0 };
    expect(iso(nextDue(berlin, at('2026-01-10T12:00:00Z')))).toBe('2026-01-11T02:00:00.000Z');
    expect(iso(nextDue(berlin, at('2026-07-10T12:00:00Z')))).toBe('2026-07-11T01:00:00.000Z');
    expect(iso(nextDue({ ...berlin, timeZone: undefined }, at('2026-07-10T12:00:00Z')))).toBe(
      '2026-07-11T03:00:00.000Z',
    );
  });

  it('a time that is due is not due again', () => {
    const hourly = { cron: '0 * * * *', activeSince: 0 };
    expect(iso(nextDue(hourly, at('2026-01-10T12:00:00Z')))).toBe('2026-01-10T13:00:00.000Z');
  });

  it('a local time that occurs twice is due once, and one that is skipped is due after the gap', () => {
    const berlin = { cron: '30 2 * * *', timeZone: 'Europe/Berlin', activeSince: 0 };
    const days = (after: string, until: string) =>
      dueTimes(berlin, { after: at(after), until: at(until), limit: 10 }).times.map(iso);
    expect(days('2026-10-24T12:00:00Z', '2026-10-26T00:00:00Z')).toEqual([
      '2026-10-25T00:30:00.000Z',
    ]);
    expect(days('2026-03-28T12:00:00Z', '2026-03-29T12:00:00Z')).toHaveLength(1);
  });

  it('an interval counts from the time at which the schedule became active', () => {
    const every = { every: '6h', activeSince: at('2026-01-01T01:30:00Z') };
    expect(iso(nextDue(every, at('2026-01-01T01:30:00Z')))).toBe('2026-01-01T07:30:00.000Z');
    expect(iso(nextDue(every, at('2026-01-01T07:30:00Z')))).toBe('2026-01-01T13:30:00.000Z');
    expect(iso(nextDue(every, 0))).toBe('2026-01-01T07:30:00.000Z');
  });

  it.each([{ cron: '* * * * *' }, { every: '1m' }])(
    'of the due times of a year, the last ones are listed: %o',
    (cause) => {
      const minutely = { ...cause, activeSince: at('2024-12-31T00:00:00Z') };
      const range = { after: at('2025-01-01T00:00:00Z'), until: at('2026-01-01T01:00:00Z') };
      const { times, more } = dueTimes(minutely, { ...range, limit: 2 });
      expect(times.map(iso)).toEqual(['2026-01-01T00:59:00.000Z', '2026-01-01T01:00:00.000Z']);
      expect(more).toBe(true);
      const last = { after: at('2026-01-01T00:58:00Z'), until: range.until, limit: 2 };
      expect(dueTimes(minutely, last)).toEqual({ times, more: false });
      expect(dueTimes(minutely, { ...last, after: range.until })).toEqual({
        times: [],
        more: false,
      });
    },
  );

  it('schedules with other causes have no times', () => {
    expect(nextDue({ activeSince: 0 }, 0)).toBeUndefined();
  });
});

describe('problems of expressions', () => {
  it.each([
    ['61 * * * *', 'cron', /minute|range/i],
    ['0 0 31 2 *', 'cron', /never due/],
    ['0 0 1 * 1', 'cron', /day of the month and the day of the week/],
  ])('%s is refused with the reason', (cron, field, reason) => {
    const problem = calendarProblem({ cron });
    expect(problem?.field).toBe(field);
    expect(problem?.detail).toMatch(reason);
  });

  it('a time zone that does not exist is refused', () => {
    expect(calendarProblem({ cron: '0 0 * * *', timeZone: 'Europe/Atlantis' })?.field).toBe(
      'timeZone',
    );
    expect(calendarProblem({ cron: '0 0 * * *', timeZone: '+01:00' })?.field).toBe('timeZone');
    expect(calendarProblem({ cron: '0 0 * * *', timeZone: 'Europe/Berlin' })).toBeUndefined();
  });
});
