/**
 * A command of the logic that contradicts the run. It is not retried: the run fails with it.
 *
 * @module
 */
export class InvalidCommandError extends Error {}
