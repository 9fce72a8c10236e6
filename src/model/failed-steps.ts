/**
 * The error of a run that fails because of steps whose failures no code handled.
 *
 * @module
 */

/** Follows the message of the first failed step. */
export const otherFailuresText = (count: number): string =>
  count === 0 ? '' : ` (and ${count} more ${count === 1 ? 'step' : 'steps'} failed)`;
