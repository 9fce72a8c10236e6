/**
 * Distances of the marks of a time axis.
 *
 * @module
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const of = (unit: number, ...counts: readonly number[]): readonly number[] =>
  counts.map((count) => count * unit);

/** Milliseconds that are easy to count in. */
const STEPS = [
  ...of(1, 1, 2, 5, 10, 20, 50, 100, 200, 500),
  ...of(SECOND, 1, 2, 5, 10, 15, 30),
  ...of(MINUTE, 1, 2, 5, 10, 15, 30),
  ...of(HOUR, 1, 2, 3, 6, 12),
  ...of(DAY, 1, 2, 7, 30),
];

/** The shortest of them that is not below the distance; a year for any longer one. */
export const timeStep = (distance: number): number =>
  STEPS.find((each) => each >= distance) ?? 365 * DAY;
