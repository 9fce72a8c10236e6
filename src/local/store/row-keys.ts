/**
 * The keys of rows that belong to the n-th step or commit of a run: the number of the run in the
 * upper bits, n in the lower bits.
 *
 * @module
 */

/**
 * Allows 67 million steps for each run, and 134 million runs: together, they fill the 53 bits of a
 * JavaScript integer.
 */
const KEYS_PER_RUN = 2 ** 26;

/** The key of the run's n-th item. */
export const rowKey = (run: number, n: number): number =>
  run * KEYS_PER_RUN + Math.min(Math.max(n, 0), KEYS_PER_RUN - 1);
/** One above the last key of the run. */
export const runEndKey = (run: number): number => (run + 1) * KEYS_PER_RUN;
/** The number of the item within its run. */
export const itemNumberOf = (key: number): number => key % KEYS_PER_RUN;
