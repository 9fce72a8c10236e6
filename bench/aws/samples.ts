/**
 * Statistics of measured samples.
 *
 * @module
 */

/** Returns the smallest sample such that the fraction `share` of all samples is not above it. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value =
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('a figure needs at least one sample');
  return value;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
