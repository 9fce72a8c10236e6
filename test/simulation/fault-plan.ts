/**
 * The fate of an attempt, and the values that a component computes. Both depend only on the world's
 * seed and the attempt, so that the checks know afterwards what must have happened.
 *
 * @module
 */
import type { Faults } from './plan.ts';
import type { ComponentPlan } from './program.ts';
import { hashOf, roll } from './random.ts';

/**
 * - `works`: the function returns.
 * - `fails`: the function throws.
 * - `crashes`: the process exits by itself, without a message.
 * - `hangs`: it runs until its time limit.
 * - `reclaimed`: its machine is reclaimed, and the end of the job is reported.
 * - `vanishes`: the job is lost, and its end is not reported.
 * - `undelivered`: it works, and its result is an object instead of a message.
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

/** The values of a component: numbers that depend on all arguments, or a long text. */
export function compute(
  component: Pick<ComponentPlan, 'name' | 'returns' | 'large'>,
  args: readonly unknown[],
): readonly unknown[] {
  const hash = hashOf(`${component.name}${JSON.stringify(args)}`);
  return Array.from({ length: component.returns }, (_, n) =>
    component.large ? `${hash}`.repeat(600) : (hash >>> (7 * n)) % 100,
  );
}
