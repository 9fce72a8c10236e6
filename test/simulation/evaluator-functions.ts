/**
 * Evaluators that outlive the controllers, as instances of the evaluator's function in AWS do.
 *
 * 1. Any idle instance answers a request. What an instance has in memory may be of an earlier
 *    request, or of a controller that crashed.
 * 2. No controller reaches an instance to drop an evaluation.
 *
 * @module
 */
import type { Evaluator } from '../../src/ports/evaluator.ts';
import { roll } from './random.ts';

/** The share of the worlds with such evaluators. In the others, each process has its own. */
const WORLDS_WITH_FUNCTIONS = 0.5;
const INSTANCES = 2;
/** An instance is replaced before a request. */
const REPLACED = 0.1;

export const hasEvaluatorFunctions = (seed: number): boolean =>
  roll(seed, 'evaluator functions') < WORLDS_WITH_FUNCTIONS;

/** The evaluator of all processes of a world. */
export function createEvaluatorFunctions(seed: number, newInstance: () => Evaluator): Evaluator {
  const idle = Array.from({ length: INSTANCES }, newInstance);
  let requests = 0;
  return {
    async evaluate(request) {
      requests += 1;
      const number = Math.floor(roll(seed, 'instance', requests) * idle.length);
      const instance = idle.splice(number, 1)[0] ?? newInstance();
      if (roll(seed, 'replaced', requests) < REPLACED) instance.drop(request.info.id);
      try {
        return await instance.evaluate(request);
      } finally {
        idle.push(instance);
      }
    },
    drop: () => undefined,
  };
}
