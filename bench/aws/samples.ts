/**
 * What is said of figures that are measured.
 *
 * @module
 */

/** The smallest sample that is not below the part `share` of all. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const value =
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
  if (value === undefined) throw new RangeError('a figure needs at least one sample');
  return value;
}

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);
