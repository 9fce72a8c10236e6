/**
 * What others use of the evaluator.
 *
 * @module
 */
export { describeLogic } from './describe-logic.ts';
export { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
