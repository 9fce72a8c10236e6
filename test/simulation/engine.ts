/**
 * What the world needs of the engine: the real controller, with an evaluator, on given ports.
 *
 * @module
 */
import type { ControllerPorts } from '../../src/controller/context.ts';
import { createController, type Controller } from '../../src/controller/controller.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';

/** The evaluator belongs to the engine; the rest is the world's. */
export type Ports = Omit<ControllerPorts, 'evaluator'>;

/** What lives and dies with one process. */
export interface Engine {
  readonly ports: ControllerPorts;
  readonly controller: Controller;
}

export type EvaluatorMaker = (ports: Ports) => Evaluator;

export function openEngine(ports: Ports, makeEvaluator: EvaluatorMaker): Engine {
  const whole: ControllerPorts = { ...ports, evaluator: makeEvaluator(ports) };
  return { ports: whole, controller: createController(whole) };
}
