/**
 * Limits of functions that stack and code share.
 *
 * @module
 */

/** The time limit of the evaluator's function. A page of the logic's drains has a lower one. */
export const EVALUATOR_TIMEOUT_SECONDS = 45;
/**
 * The time in which a function must start, before Lambda starts it again
 * (docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
 */
export const INIT_TIMEOUT_SECONDS = 10;
