/**
 * The time in the logic: the time of the event that is being delivered, in UTC, on every machine.
 *
 * 1. Time does not change between two events, and never decreases.
 * 2. Local time is UTC: the time zone of the machine is not visible.
 *
 * @module
 */

const RealDate = Date;

export class ReplayClock {
  now: number;

  constructor(readonly start: number) {
    this.now = start;
  }

  /** @param at the time of the next event, in milliseconds since the epoch */
  advance(at: number): void {
    if (at > this.now) this.now = at;
  }
}

/**
 * Replaces the context's `Date` by a constructor that reads `clock`. It has the prototype of the
 * original one, so that `instanceof` and the codec work with both.
 */
export function installDate(clock: ReplayClock): void {
  const prototype = RealDate.prototype;
  const asUtc = utcMembers(prototype);
  function ReplayDate(...args: unknown[]): unknown {
    if (new.target === undefined) return new RealDate(clock.now).toString();
    return Reflect.construct(RealDate, [constructedTime(args, clock)], new.target);
  }
  Object.defineProperty(ReplayDate, 'name', { value: 'Date' });
  Object.defineProperty(ReplayDate, 'length', { value: 7 });
  define(ReplayDate, {
    now: () => clock.now,
    parse: (text: unknown) => parseAsUtc(String(text)),
    UTC: RealDate.UTC,
  });
  Object.defineProperty(ReplayDate, 'prototype', { value: prototype, writable: false });
  define(prototype, { ...asUtc, constructor: ReplayDate });
  define(globalThis, { Date: ReplayDate });
}

const define = (target: object, members: Readonly<Record<string, unknown>>): void => {
  for (const [name, value] of Object.entries(members))
    Object.defineProperty(target, name, { value, writable: true, configurable: true });
};

function constructedTime(args: readonly unknown[], clock: ReplayClock): number {
  if (args.length === 0) return clock.now;
  if (args.length === 1) {
    const [only] = args;
    if (only instanceof RealDate) return only.getTime();
    const primitive =
      typeof only === 'object' && only !== null ? Reflect.apply(toPrimitive, only, []) : only;
    return typeof primitive === 'string' ? parseAsUtc(primitive) : Number(primitive);
  }
  return Reflect.apply(RealDate.UTC, undefined, args);
}

function toPrimitive(this: {
  [Symbol.toPrimitive]?(hint: string): unknown;
  valueOf(): unknown;
  toString(): string;
}): unknown {
  const own = this[Symbol.toPrimitive];
  if (typeof own === 'function') return Reflect.apply(own, this, ['default']);
  const value = this.valueOf();
  return typeof value === 'object' && value !== null ? this.toString() : value;
}

const WITH_ZONE = /(?:z|utc|gmt|[+-]\d{1,2}:?\d{2})\s*(?:\(.*\))?\s*$/i;
const DATE_ONLY = /^\s*[+-]?\d{4,6}(?:-\d\d){0,2}\s*$/;

/** `Date.parse`, except that a text without a time zone is UTC. */
function parseAsUtc(text: string): number {
  const time = RealDate.parse(text);
  if (Number.isNaN(time) || WITH_ZONE.test(text) || DATE_ONLY.test(text)) return time;
  const local = new RealDate(time);
  const read = (name: LocalGetter): number => LOCAL_GETTERS[name](local);
  return RealDate.UTC(
    read('getFullYear'),
    read('getMonth'),
    read('getDate'),
    read('getHours'),
    read('getMinutes'),
    read('getSeconds'),
    local.getUTCMilliseconds(),
  );
}

type LocalGetter =
  | 'getFullYear'
  | 'getMonth'
  | 'getDate'
  | 'getHours'
  | 'getMinutes'
  | 'getSeconds';

/** The original local getters, before they are replaced. */
const LOCAL_GETTERS = Object.fromEntries(
  (['getFullYear', 'getMonth', 'getDate', 'getHours', 'getMinutes', 'getSeconds'] as const).map(
    (name) => {
      const getter = RealDate.prototype[name];
      return [name, (date: Date): number => Reflect.apply(getter, date, [])];
    },
  ),
) as Readonly<Record<LocalGetter, (date: Date) => number>>;

const DATE_FIELDS = [
  'FullYear',
  'Month',
  'Date',
  'Day',
  'Hours',
  'Minutes',
  'Seconds',
  'Milliseconds',
] as const;

/** The members of `Date` that depend on the time zone, implemented in UTC. */
function utcMembers(prototype: Date): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const field of DATE_FIELDS) {
    members[`get${field}`] = prototype[`getUTC${field}`];
    if (field !== 'Day') members[`set${field}`] = prototype[`setUTC${field}`];
  }
  const { toUTCString, getTime } = prototype;
  const parts = (date: Date): { day: string; time: string } | undefined => {
    if (Number.isNaN(Reflect.apply(getTime, date, []))) return undefined;
    const [weekday = '', day = '', month = '', year = '', time = ''] = Reflect.apply(
      toUTCString,
      date,
      [],
    )
      .replace(',', '')
      .split(' ');
    return {
      day: `${weekday} ${month} ${day} ${year}`,
      time: `${time} GMT+0000 (Coordinated Universal Time)`,
    };
  };
  const text = (write: (parts: { day: string; time: string }) => string) =>
    function (this: Date): string {
      const found = parts(this);
      return found === undefined ? 'Invalid Date' : write(found);
    };
  members.getTimezoneOffset = function (this: Date): number {
    return Number.isNaN(Reflect.apply(getTime, this, [])) ? Number.NaN : 0;
  };
  members.toString = text(({ day, time }) => `${day} ${time}`);
  members.toDateString = text(({ day }) => day);
  members.toTimeString = text(({ time }) => time);
  return members;
}
