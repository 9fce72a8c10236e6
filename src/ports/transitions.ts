/**
 * The port of the queue of transitions. Each run has a message group, in which one batch at a time
 * is handled.
 *
 * @module
 */
import type { Transition } from '../model/transition.ts';

export interface Transitions {
  /** Accepts the transitions. Each is delivered at least once, perhaps late and out of order. */
  send(transitions: readonly Transition[]): Promise<void>;
}
