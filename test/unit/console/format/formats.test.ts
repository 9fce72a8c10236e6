import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatBytes } from '../../../../console/src/format/bytes.ts';
import { formatClock } from '../../../../console/src/format/clock-times.ts';
import { formatDuration } from '../../../../console/src/format/durations.ts';
import {
  formatCount,
  formatCounted,
  formatMetric,
  formatMoney,
} from '../../../../console/src/format/numbers.ts';
import {
  formatIso,
  formatRelative,
  formatTime,
  isTimeZone,
} from '../../../../console/src/format/times.ts';

describe('durations in the console', () => {
  it.each([
    [-5, '0 ms'],
    [320, '320 ms'],
    [999, '1 s'],
    [6_300, '6.3 s'],
    [9_960, '10 s'],
    [40_000, '40 s'],
    [59_600, '1 m'],
    [72_000, '1 m 12 s'],
    [3_599_600, '1 h'],
    [11_400_000, '3 h 10 m'],
    [86_399_000, '1 d'],
    [187_200_000, '2 d 4 h'],
  ])('%d ms are shown as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('a duration never has a unit that is full', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e10 }), (ms) => {
        const text = formatDuration(ms);
        expect(text).not.toMatch(/\b60 [ms]\b|\b24 h\b|\b1000 ms\b/);
        expect(text.split(' ').length).toBeLessThanOrEqual(4);
      }),
    );
  });
});

describe('numbers in the console', () => {
  it.each([
    [812, '812 B'],
    [999.6, '1 kB'],
    [12_400_000, '12.4 MB'],
    [99_960, '100 kB'],
    [2e9, '2 GB'],
  ])('%d bytes are shown as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.12, '0.12'],
    [0.123456789, '0.12346'],
    [1_684, '1,684'],
    [1234.5678, '1234.6'],
    [0.00001234, '1.234e-5'],
    [12_345_678_900, '1.235e10'],
    [-0.5, '-0.5'],
    [0, '0'],
    ['NaN', 'NaN'],
    ['-Infinity', '-∞'],
    [Number.POSITIVE_INFINITY, '∞'],
  ])('the value %s of a metric is shown as %s', (value, text) => {
    expect(formatMetric(value)).toBe(text);
  });

  it('counts have separators, and one thing is singular', () => {
    expect(formatCount(30_004)).toBe('30,004');
    expect(formatCounted(1, 'run')).toBe('1 run');
    expect(formatCounted(1_684, 'entry', 'entries')).toBe('1,684 entries');
  });

  it.each([
    [0, '$0'],
    [0.00001, '< $0.0001'],
    [0.0004, '$0.0004'],
    [0.42, '$0.42'],
    [1234, '$1,234'],
  ])('%d dollars are shown as %s', (dollars, text) => {
    expect(formatMoney(dollars)).toBe(text);
  });
});

describe('times in the console', () => {
  const at = Date.UTC(2026, 10, 28, 8, 58, 12, 41);

  it('a time is shown in the zone of the settings, with the year if it is not the current one', () => {
    expect(formatTime(at, 'utc', at)).toBe('11-28 08:58');
    expect(formatTime(at, 'Europe/Berlin', at)).toBe('11-28 09:58');
    expect(formatTime(at, 'utc', Date.UTC(2027, 1))).toBe('2026-11-28 08:58');
    expect(formatClock(at, 'utc')).toBe('08:58:12.041');
    expect(formatIso(at)).toBe('2026-11-28T08:58:12.041Z');
  });

  it('the distance of a time is in its largest unit', () => {
    expect(formatRelative(at - 3 * 3_600_000, at)).toBe('3 hours ago');
    expect(formatRelative(at + 90_000, at)).toBe('in 2 minutes');
  });

  it('a time that no date can hold is a dash, and an unknown zone is refused', () => {
    expect(formatTime(Number.NaN, 'utc', at)).toBe('–');
    expect(formatTime(9e15, 'utc', at)).toBe('–');
    expect(isTimeZone('Europe/Berlin')).toBe(true);
    expect(isTimeZone('Europe/Nowhere')).toBe(false);
  });
});
