/**
 * The context that a simulated world provides to its parts.
 *
 * @module
 */
import type { Transition } from '../../src/model/transition.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';

export interface SimulationContext {
  /** Virtual time, milliseconds since the epoch. */
  now(): number;
  /** Schedules an action for a virtual time. */
  at(time: number, act: () => void | Promise<void>): void;
  /** A number from 0 (inclusive) to 1 (exclusive) for the next random decision of this kind. */
  roll(what: string): number;
  trace(line: () => string): void;
  /** Counts an occurrence in the statistics of the world. */
  count(what: string): void;
  send(transition: Transition): void;
  /** Makes an evaluator with nothing in memory. */
  newEvaluator(): Evaluator;
}
