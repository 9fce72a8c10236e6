/**
 * How figures are taken: warm-up rounds that do not count, then rounds that do; the median and the
 * spread of those are what is reported.
 *
 * 1. Each concern runs in a fresh process, so that one's heap and compiled code are not another's.
 * 2. A round that fails fails the benchmark: a wrong result is not a fast one.
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
  /** The figure that the project holds itself to; `highest` unless more is better. */
  readonly goal: { readonly highest: number } | { readonly lowest: number };
}

/** Samples by key. A concern may take several figures from one round. */
export type Samples = ReadonlyMap<string, readonly number[]>;

export interface Concern {
  readonly name: string;
  readonly targets: readonly Target[];
  /** Fresh processes that take samples, one after the other. Default: 1. */
  readonly processes?: number;
  /** Takes the samples. `quick`: few and small, to see that it works. */
  take(quick: boolean): Promise<Samples>;
}

/**
 * Runs rounds one after the other, each giving one sample a key; the first `warmups` do not count.
 */
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

const wallClock = (): number => performance.now();

/**
 * Milliseconds of a core that this process used, threads of the bundler and the collector included:
 * for a machine that others keep busy.
 */
function processorClock(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

let clock = wallClock;

export function measureProcessorTime(): void {
  clock = processorClock;
}

/** Milliseconds that `work` takes. */
export async function time(work: () => Promise<unknown>): Promise<number> {
  const begun = clock();
  await work();
  return clock() - begun;
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
