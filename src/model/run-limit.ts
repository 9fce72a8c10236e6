/**
 * The error of a run that exceeds its `timeoutSeconds`.
 *
 * @module
 */

export const RUN_TIMEOUT_ERROR = 'RunTimeoutError';

export const runLimitMessage = (seconds: number): string =>
  `the run exceeded its limit of ${seconds} s: raise timeoutSeconds, or make its steps shorter`;
