/**
 * Cron expressions of five fields in the form of EventBridge Scheduler, which has six: with a year, a
 * `?` for one of the two days, and days of the week that count from 1.
 *
 * @module
 */

/**
 * An expression that `src/schedules/calendar.ts` accepts has an equivalent: it restricts one of the
 * two days at most, and has no extensions.
 *
 * @example cronExpression('0 3 * * 1-5') // cron(0 3 ? * MON,TUE,WED,THU,FRI *)
 */
export function cronExpression(cron: string): string {
  const [minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = cron.trim().split(/ +/);
  const days =
    weekday === '*'
      ? [values(day, { lowest: 1, names: [] }), '?']
      : ['?', values(weekday, WEEKDAYS)];
  return `cron(${values(minute, FROM_ZERO)} ${values(hour, FROM_ZERO)} ${days[0]} ${values(month, MONTHS)} ${days[1]} *)`;
}

interface Field {
  readonly lowest: number;
  /** From the lowest value on. */
  readonly names: readonly string[];
  /** Values are written by name, and the value after the last name is the first one. */
  readonly isCyclic?: boolean;
}

const FROM_ZERO: Field = { lowest: 0, names: [] };
const MONTHS: Field = {
  lowest: 1,
  names: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
/** EventBridge numbers them from 1, and crontab from 0, with 7 for Sunday as well. */
const WEEKDAYS: Field = {
  lowest: 0,
  names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  isCyclic: true,
};

function values(text: string, field: Field): string {
  const parts = text.split(',');
  if (parts.includes('*')) return '*';
  return [...new Set(parts.flatMap((part) => valuesOf(part, field)))].join(',');
}

function valuesOf(part: string, field: Field): readonly string[] {
  const [range = '', step] = part.split('/');
  const { lowest, names, isCyclic } = field;
  if (range === '*' && !isCyclic) return [`${lowest}/${step}`];
  const [from = lowest, to = from] =
    range === '*' ? [0, 6] : range.split('-').map((value) => numberOf(value, field));
  const found: string[] = [];
  for (let value = from; value <= to; value += Number(step ?? 1))
    found.push(isCyclic ? (names[value % names.length] ?? '') : String(value));
  return found;
}

function numberOf(text: string, { lowest, names }: Field): number {
  const index = names.indexOf(text.toUpperCase());
  return index === -1 ? Number(text) : lowest + index;
}
