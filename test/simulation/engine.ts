/**
 * What the world needs of the engine: the real controller, with an evaluator, on given ports.
 *
 * @module
 */
import type { ControllerPorts } from '../../src/controller/context.ts';
import { type Controller, createController } from '../../src/controller/controller.ts';
import { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
import type { SignedCommand } from '../../src/model/history.ts';
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

/** As in AWS, in the measure of simulated steps: members of a fan-out that fail wait for each other. */
const RETRY_BATCH_DELAY_MS = 20_000;

/** What a context says is JSON by then, and the simulation's contexts do not lie. */
const readCommands = (json: string): readonly SignedCommand[] => JSON.parse(json);

export function openEngine(ports: Ports, inside: Evaluator): Engine {
  const whole: ControllerPorts = {
    ...ports,
    evaluator: createExternalEvaluator({
      engineEvaluator: inside,
      objects: ports.objects,
      readCommands,
    }),
  };
  return {
    ports: whole,
    controller: createController(whole, { maxRetryBatchDelayMs: RETRY_BATCH_DELAY_MS }),
  };
}
