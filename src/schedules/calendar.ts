/**
 * The times at which schedules with `cron` and `every` are due.
 *
 * 1. A time depends on the schedule alone, not on the process that computes it.
 * 2. A local time that a change of the clocks skips is due at the first time after the gap; one that
 *    occurs twice is due once, at its first occurrence.
 *
 * @module
 */
import { Cron } from 'croner';
import { intervalMs, type Schedule, type ScheduleSpec } from '../model/schedule.ts';

type TimedSchedule = Pick<Schedule, 'cron' | 'timeZone' | 'every' | 'activeSince'>;

const MINUTE_MS = 60_000;
/** `*`, `5`, `MON`, `1-5`, `*\/15`, `0-30/10` */
const CRON_PART = /^(?:\*|(?:\d{1,2}|[a-z]{3})(?:-(?:\d{1,2}|[a-z]{3}))?)(?:\/\d{1,2})?$/i;

/** Five fields: with fields for seconds or years, EventBridge and this machine would differ. */
const cronOf = ({ cron = '', timeZone = 'UTC' }: Pick<ScheduleSpec, 'cron' | 'timeZone'>): Cron =>
  new Cron(cron, { mode: '5-part', timezone: timeZone, paused: true });

/** A sentence about an expression or time zone that is not valid; undefined if both are. */
export function calendarProblem(
  spec: Pick<ScheduleSpec, 'cron' | 'timeZone'>,
): { readonly field: 'cron' | 'timeZone'; readonly detail: string } | undefined {
  const { cron, timeZone } = spec;
  if (cron === undefined) return undefined;
  if (timeZone !== undefined && !isTimeZone(timeZone))
    return {
      field: 'timeZone',
      detail: `${JSON.stringify(timeZone)} is no time zone: write one of IANA, such as Europe/Berlin or UTC`,
    };
  const [, , day = '', , weekday = ''] = cron.split(/ +/);
  if (day !== '*' && weekday !== '*')
    return {
      field: 'cron',
      detail:
        'it restricts the day of the month and the day of the week: write * for one of them, and use two schedules if both are wanted',
    };
  const extension = cron.split(/[ ,]+/).find((part) => !CRON_PART.test(part));
  if (extension !== undefined)
    return {
      field: 'cron',
      detail: `${JSON.stringify(extension)} is an extension that EventBridge and other programs understand differently: write numbers, names of months and days, *, lists, ranges and steps`,
    };
  try {
    const next = cronOf(spec).nextRun(new Date('2000-01-01T00:00:00Z'));
    return next === null ? { field: 'cron', detail: 'it is never due' } : undefined;
  } catch (error) {
    return { field: 'cron', detail: error instanceof Error ? error.message : String(error) };
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return /^[A-Za-z]/.test(name);
  } catch {
    return false;
  }
}

/** The first due time after `after`; undefined for a schedule without times. */
export function nextDue(schedule: TimedSchedule, after: number): number | undefined {
  const { cron, every, activeSince } = schedule;
  if (cron !== undefined) return cronOf(schedule).nextRun(new Date(after))?.getTime();
  if (every === undefined) return undefined;
  const step = intervalMs(every);
  const count = Math.max(1, Math.floor((after - activeSince) / step) + 1);
  return activeSince + count * step;
}

/**
 * The due time that a timer reported, which may be some seconds late; undefined if the schedule is
 * not due then.
 */
export function dueTimeNear(schedule: TimedSchedule, reported: number): number | undefined {
  const { cron, every, activeSince } = schedule;
  if (reported <= activeSince) return undefined;
  if (cron !== undefined) {
    const minute = Math.floor(reported / MINUTE_MS) * MINUTE_MS;
    return nextDue(schedule, minute - 1) === minute ? minute : undefined;
  }
  if (every === undefined) return undefined;
  const step = intervalMs(every);
  const count = Math.round((reported - activeSince) / step);
  return count < 1 ? undefined : activeSince + count * step;
}

/**
 * Due times after `after` up to `until`: the last `limit` ones, oldest first. They are read
 * backwards, so that it takes the same time after a year as after a minute.
 */
export function dueTimes(
  schedule: TimedSchedule,
  {
    after,
    until,
    limit,
  }: { readonly after: number; readonly until: number; readonly limit: number },
): {
  readonly times: readonly number[];
  /** There are earlier ones. */
  readonly more: boolean;
} {
  const found = lastTimes(schedule, until, limit + 1).filter((time) => time > after);
  return { times: found.slice(0, limit).reverse(), more: found.length > limit };
}

/** Last first. */
function lastTimes(schedule: TimedSchedule, until: number, count: number): readonly number[] {
  const { cron, every, activeSince } = schedule;
  if (cron !== undefined)
    return cronOf(schedule)
      .previousRuns(count, new Date(until + 1))
      .map((date) => date.getTime());
  if (every === undefined) return [];
  const step = intervalMs(every);
  const last = Math.floor((until - activeSince) / step);
  return Array.from(
    { length: Math.max(0, Math.min(count, last)) },
    (_, n) => activeSince + (last - n) * step,
  );
}
