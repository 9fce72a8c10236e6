/**
 * The exports for other layers.
 *
 * @module
 */
export { describeLogic } from './describe-logic.ts';
export { createEvaluator, type EvaluatorOptions } from './evaluator.ts';
