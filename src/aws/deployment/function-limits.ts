/**
 * Limits of functions that stack and code share.
 *
 * @module
 */

/** The time limit of the evaluator's function. A page of the logic's drains has a lower one. */
export const EVALUATOR_TIMEOUT_SECONDS = 45;
