/**
 * What the world needs of the engine: the real controller, with an evaluator, on given ports.
 *
 * @module
 */
import type { ControllerPorts } from '../../src/controller/context.ts';
import { type Controller, createController } from '../../src/controller/controller.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';

/** The evaluator belongs to the engine; the rest is the world's. */
export type Ports = Omit<ControllerPorts, 'evaluator'>;

/** What lives and dies with one process. */
export interface Engine {
  readonly ports: ControllerPorts;
  readonly controller: Controller;
}

/** An evaluator that a world is done with is closed: it forgets what it knows. */
export type SimulatedEvaluator = Evaluator & { close(): void };

/** Makes an evaluator with nothing in memory. */
export type EvaluatorMaker = (objects: Objects) => SimulatedEvaluator;

export function openEngine(ports: Ports, evaluator: Evaluator): Engine {
  const whole: ControllerPorts = { ...ports, evaluator };
  return { ports: whole, controller: createController(whole) };
}
