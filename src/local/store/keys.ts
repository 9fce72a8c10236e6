/**
 * The keys of rows that belong to a run's n-th step or commit: the run's number in the upper bits, n in the lower.
 *
 * @module
 */

/** 67 million steps a run, 134 million runs: together they fill the 53 bits of a JavaScript integer. */
const SPAN = 2 ** 26;

export const rowKey = (run: number, n: number): number =>
  run * SPAN + Math.min(Math.max(n, 0), SPAN - 1);
/** One above the run's last key. */
export const endOfRun = (run: number): number => (run + 1) * SPAN;
export const numberOf = (key: number): number => key % SPAN;
