/**
 * The method of measurement: warm-up rounds that do not count, then rounds that count. The median
 * and the spread of the counted rounds are reported.
 *
 * 1. Each concern runs in a fresh process, so that concerns do not share a heap or compiled code.
 * 2. A failed round fails the benchmark, because the time of a wrong result means nothing.
 *
 * @module
 */

export interface Figure {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly unit: string;
}

export interface Target {
  readonly key: string;
  readonly what: string;
  readonly unit: string;
  /** The limit of the median: `lowest` if more is better, `highest` otherwise. */
  readonly goal: { readonly highest: number } | { readonly lowest: number };
}

/** Samples by key. One round of a concern may measure several figures. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface Concern {
  readonly name: string;
  readonly targets: readonly Target[];
  /** The number of fresh processes that measure, one after the other. Default: 1. */
  readonly processes?: number;
  /** Returns the samples. `quick`: few and small samples, which only show that the code works. */
  measure(quick: boolean): Promise<Samples>;
}

/** Runs rounds in sequence, each with one sample per key; the first `warmups` do not count. */
export async function rounds(
  warmups: number,
  counted: number,
  round: () => Promise<Readonly<Record<string, number>>>,
): Promise<Samples> {
  const samples = new Map<string, number[]>();
  for (let index = 0; index < warmups + counted; index++) {
    global.gc?.();
    for (const [key, value] of Object.entries(await round())) {
      const list = samples.get(key) ?? [];
      if (index >= warmups) list.push(value);
      samples.set(key, list);
    }
  }
  return samples;
}

const wallClockMs = (): number => performance.now();

/**
 * Milliseconds of processor time of this process, threads of the bundler and the garbage collector
 * included. It suits a machine under other load.
 */
function processorClockMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

let clockMs = wallClockMs;

export function measureProcessorTime(): void {
  clockMs = processorClockMs;
}

/** Returns the milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const startedAt = clockMs();
  await work();
  return clockMs() - startedAt;
}

export function figure(samples: readonly number[], unit: string): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number) => {
    const value = sorted[index];
    if (value === undefined) throw new Error('a figure needs at least one sample');
    return value;
  };
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), unit };
}

export const isMet = ({ goal }: Target, { median }: Figure): boolean =>
  'highest' in goal ? median <= goal.highest : median >= goal.lowest;
