/**
 * Nominal durations, in milliseconds: those of the protocol, and what a round trip takes where time
 * is simulated.
 *
 * @module
 */
export const NOMINAL = {
  /**
   * An invocation that submits nothing: `started`, a batch of ends, a look of the router, a request
   * of the API.
   */
  turn: 15,
  /** One that submits. */
  submitting: 200,
  evaluation: 10,
  /** Of a table, a queue, the store: of what is sent at once, one. */
  roundTrip: 5,
  /** Of Batch. */
  batch: 75,
} as const;
