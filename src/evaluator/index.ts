/**
 * What others use of the evaluator.
 *
 * @module
 */
export { describe } from './describe.ts';
export { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
