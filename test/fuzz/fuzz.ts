/**
 * Runs inputs of targets, and reports those that break a rule.
 *
 * @module
 */
import { inspect } from 'node:util';
import { hashOf, Random } from '../simulation/random.ts';
import { violationOf } from './invariants.ts';
import { shrink } from './shrink.ts';
import type { Target } from './target.ts';

/** Input `number` of a target: the same in every execution with this seed. */
export const inputOf = <I>(target: Target<I>, seed: number, number: number): I =>
  target.generate(new Random(hashOf(`${seed} ${target.name} ${number}`)));

export interface Failure {
  readonly target: string;
  readonly input: number;
  /** The rule, the input and the command that runs it again. */
  readonly report: string;
}

/** The first failure of a target in these inputs; undefined if there is none. */
export async function fuzzTarget(
  target: Target,
  { seed, from, inputs }: { readonly seed: number; readonly from: number; readonly inputs: number },
  onInput: (number: number) => void = () => undefined,
): Promise<Failure | undefined> {
  for (let number = from; number < from + inputs; number += 1) {
    onInput(number);
    const input = inputOf(target, seed, number);
    const violation = await violationOf(target, input);
    if (violation !== undefined) return await failureOf(target, { seed, number, input, violation });
  }
  return undefined;
}

const MAX_SHOWN_LENGTH = 4000;

async function failureOf(
  target: Target,
  {
    seed,
    number,
    input,
    violation,
  }: {
    readonly seed: number;
    readonly number: number;
    readonly input: unknown;
    readonly violation: string;
  },
): Promise<Failure> {
  const smallest = await shrink(
    input,
    async (candidate) => (await violationOf(target, candidate)) !== undefined,
  );
  const report = [
    `${target.name}: input ${number} of seed ${seed} breaks a rule:`,
    violation,
    `the smallest input that breaks one: ${shown(smallest).slice(0, MAX_SHOWN_LENGTH)}`,
    `npm run fuzz -- --seed ${seed} --target ${target.name} --input ${number}`,
  ].join('\n');
  return { target: target.name, input: number, report };
}

const shown = (input: unknown): string =>
  input instanceof Uint8Array
    ? `${input.length} bytes, in base64 ${Buffer.from(input).toString('base64')}`
    : typeof input === 'string'
      ? JSON.stringify(input)
      : inspect(input, { depth: 20, maxStringLength: 2000, maxArrayLength: 200 });
