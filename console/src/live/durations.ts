/**
 * Durations in buckets, and quantiles estimated from them.
 *
 * @module
 */
import type { DURATION_BUCKETS_MS } from '../../../src/wire/run-state.ts';

/** Upper bounds of the buckets, in milliseconds; the last bucket has none. */
export const BUCKET_BOUNDS_MS: typeof DURATION_BUCKETS_MS = [
  100, 300, 1_000, 3_000, 10_000, 30_000, 60_000, 180_000, 600_000, 1_800_000, 7_200_000,
];

/** The largest duration that an estimate gives for the bucket without a bound: a day. */
const LARGEST_MS = 86_400_000;

const BUCKETS = BUCKET_BOUNDS_MS.length + 1;

export class DurationHistogram {
  readonly counts: number[];

  constructor(counts: readonly number[]) {
    this.counts = Array.from({ length: BUCKETS }, (_, index) => counts[index] ?? 0);
  }

  add(durationMs: number): void {
    const bucket = BUCKET_BOUNDS_MS.findIndex((bound) => durationMs < bound);
    const index = bucket < 0 ? BUCKETS - 1 : bucket;
    this.counts[index] = (this.counts[index] ?? 0) + 1;
  }

  get total(): number {
    return this.counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * The duration below which the share `q` of all executions lies, interpolated on a logarithmic
   * scale within its bucket; undefined without executions.
   */
  quantile(q: number): number | undefined {
    const { total } = this;
    if (total === 0) return undefined;
    let rest = Math.max(0, Math.min(1, q)) * total;
    for (const [index, count] of this.counts.entries()) {
      if (count > 0 && rest <= count) {
        const high = BUCKET_BOUNDS_MS[index] ?? LARGEST_MS;
        const low = index === 0 ? 10 : (BUCKET_BOUNDS_MS[index - 1] ?? 10);
        return low * (high / low) ** (rest / count);
      }
      rest -= count;
    }
    return LARGEST_MS;
  }
}
