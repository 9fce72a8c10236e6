/**
 * Times as text, in the time zone of the settings.
 *
 * @module
 */

/** `local`, `utc`, or the name of a zone, as `Europe/Berlin`. */
export type TimeZone = string;

const formats = new Map<TimeZone, Intl.DateTimeFormat>();

function formatOf(zone: TimeZone): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const created = new Intl.DateTimeFormat('en-GB', {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    ...(zone !== 'local' && { timeZone: zone === 'utc' ? 'UTC' : zone }),
  });
  formats.set(zone, created);
  return created;
}

/** Whether this browser knows the zone. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';

export function partsOf(ms: number, zone: TimeZone): Readonly<Record<Part, string>> {
  const found = { year: '', month: '', day: '', hour: '', minute: '', second: '' };
  for (const { type, value } of formatOf(zone).formatToParts(ms)) {
    if (type in found) Reflect.set(found, type, value);
  }
  return found;
}

/** Milliseconds of a time of a document; `undefined` for null. */
export const msOf = (time: string | null): number | undefined =>
  time === null ? undefined : Date.parse(time);

/** `11-28 09:58`; with the year if it is another one than that of `now`. */
export function formatTime(ms: number, zone: TimeZone, now: number): string {
  if (!isTime(ms)) return '–';
  const { year, month, day, hour, minute } = partsOf(ms, zone);
  const date = `${month}-${day} ${hour}:${minute}`;
  return year === partsOf(now, zone).year ? date : `${year}-${date}`;
}

/** `2026-11-28T09:58:12.000Z`. */
export const formatIso = (ms: number): string => (isTime(ms) ? new Date(ms).toISOString() : '–');

export const isTime = (ms: number): boolean => Math.abs(ms) <= 8.64e15;

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const STEPS = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
] as const;

/** `3 hours ago`. */
export function formatRelative(ms: number, now: number): string {
  if (!isTime(ms)) return '–';
  const distance = ms - now;
  const [unit, size] = STEPS.find(([, each]) => Math.abs(distance) >= each) ?? ['second', 1_000];
  return RELATIVE.format(Math.round(distance / size), unit);
}
