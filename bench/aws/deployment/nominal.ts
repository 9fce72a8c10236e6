/**
 * Nominal durations in simulated time, in milliseconds.
 *
 * @module
 */
export const NOMINAL_MS = {
  /**
   * An invocation that submits no job: `started`, a batch of completions, an invocation of the
   * router, a request of the API.
   */
  turn: 15,
  /** An invocation that submits a job. */
  submitting: 200,
  evaluation: 10,
  /** A request to a table, a queue or the store; simultaneous requests are one round trip. */
  roundTrip: 5,
  /** A request to Batch. */
  batchRoundTrip: 75,
  /**
   * The start of a step's process in a function: what the program of `lambda/step` takes of a slow
   * processor until it can receive its work.
   */
  stepProcess: 160,
} as const;
