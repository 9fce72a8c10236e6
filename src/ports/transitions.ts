/**
 * The port to the queue of transitions: one message group per run, in which one batch at a time is handled.
 *
 * @module
 */
import type { Transition } from '../model/transition.ts';

export interface Transitions {
  /** Accepts the transitions; they will be delivered at least once, though perhaps late and out of order. */
  send(transitions: readonly Transition[]): Promise<void>;
}
