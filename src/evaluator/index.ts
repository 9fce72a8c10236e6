/**
 * What others use of the evaluator.
 *
 * @module
 */
export { describe, type LogicDescription } from './describe.ts';
export { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
