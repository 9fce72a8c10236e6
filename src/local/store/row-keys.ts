/**
 * The keys of rows that belong to a run's n-th step or commit: the run's number in the upper bits, n in the lower.
 *
 * @module
 */

/** 67 million steps a run, 134 million runs: together they fill the 53 bits of a JavaScript integer. */
const KEYS_PER_RUN = 2 ** 26;

export const rowKey = (run: number, n: number): number =>
  run * KEYS_PER_RUN + Math.min(Math.max(n, 0), KEYS_PER_RUN - 1);
/** One above the run's last key. */
export const runEndKey = (run: number): number => (run + 1) * KEYS_PER_RUN;
export const itemNumberOf = (key: number): number => key % KEYS_PER_RUN;
