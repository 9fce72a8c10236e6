/**
 * What becomes of an attempt, and what a component computes. Both depend on the world's seed and on who is asked for alone, so that the reference
 * can tell afterwards what must have happened.
 *
 * @module
 */
import type { Faults } from './fault-rates.ts';
import type { ComponentPlan } from './program.ts';
import { hashOf, roll } from './random.ts';

/**
 * `works`; `fails`: the function throws; `dies`: it exits on its own without a word; `hangs` until its time limit; `reclaimed`: the machine goes, and somebody
 * tells; `vanishes`: nobody tells; `wordless`: it works, and the result is an object instead of a message.
 */
export type AttemptFate =
  | 'works'
  | 'fails'
  | 'crashes'
  | 'hangs'
  | 'reclaimed'
  | 'vanishes'
  | 'undelivered';

export interface AttemptId {
  readonly seed: number;
  readonly run: number;
  readonly step: string;
  readonly attempt: number;
}

export function fateOf(
  { seed, run, step, attempt }: AttemptId,
  faults: Faults,
  hasLimit: boolean,
): AttemptFate {
  let left = roll(seed, 'fate', run, step, attempt);
  const { job } = faults;
  const odds: readonly (readonly [AttemptFate, number])[] = [
    ['fails', job.fails],
    ['crashes', job.crashes],
    ['hangs', hasLimit ? job.hangs : 0],
    ['reclaimed', job.reclaimed],
    ['vanishes', job.vanishes],
    ['undelivered', job.undelivered],
  ];
  const sum = odds.reduce((total, [, odd]) => total + odd, 0);
  const scale = sum > 0.85 ? 0.85 / sum : 1;
  for (const [fate, odd] of odds) {
    left -= odd * scale;
    if (left < 0) return fate;
  }
  return 'works';
}

/** What the component computes of its arguments: numbers that depend on all of them, or a long text. */
export function compute(
  component: Pick<ComponentPlan, 'name' | 'returns' | 'large'>,
  args: readonly unknown[],
): readonly unknown[] {
  const hash = hashOf(`${component.name}${JSON.stringify(args)}`);
  return Array.from({ length: component.returns }, (_, n) =>
    component.large ? `${hash}`.repeat(600) : (hash >>> (7 * n)) % 100,
  );
}
