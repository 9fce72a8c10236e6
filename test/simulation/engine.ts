/**
 * The engine of one simulated process: the real controller and an evaluator, on the ports of the
 * world.
 *
 * @module
 */
import type { ControllerPorts } from '../../src/controller/context.ts';
import { type Controller, createController } from '../../src/controller/controller.ts';
import { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
import type { SignedCommand } from '../../src/model/history.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';

/** The ports that the world provides. The evaluator belongs to the engine. */
export type Ports = Omit<ControllerPorts, 'evaluator'>;

/** The state in memory of one process. */
export interface Engine {
  readonly ports: ControllerPorts;
  readonly controller: Controller;
}

/** `close` drops all evaluations. */
export type SimulatedEvaluator = Evaluator & { close(): void };

/** Makes an evaluator with nothing in memory. */
export type EvaluatorMaker = (objects: Objects) => SimulatedEvaluator;

/**
 * Retries of a fan-out wait for each other, as in AWS, but for the short durations of simulated
 * steps.
 */
const RETRY_BATCH_DELAY_MS = 20_000;

/** The simulation's answers contain valid commands, so they are not validated. */
const readCommands = (json: string): readonly SignedCommand[] => JSON.parse(json);

export function openEngine(ports: Ports, engineEvaluator: Evaluator): Engine {
  const allPorts: ControllerPorts = {
    ...ports,
    evaluator: createExternalEvaluator({
      engineEvaluator,
      objects: ports.objects,
      readCommands,
    }),
  };
  return {
    ports: allPorts,
    controller: createController(allPorts, { maxRetryBatchDelayMs: RETRY_BATCH_DELAY_MS }),
  };
}
