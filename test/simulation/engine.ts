/**
 * What the world needs of the engine: the real controller and the real evaluator on given ports.
 *
 * @module
 */

import type { ControllerPorts } from '../../src/controller/context.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { RunHead, RunInfo } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';

/** The evaluator belongs to the engine; the rest is the world's. */
export type Ports = Omit<ControllerPorts, 'evaluator'>;

export interface Engine {
  readonly evaluator: Evaluator;
  newHead(info: Omit<RunInfo, 'number'>): RunHead;
  handle(run: RunId, batch: readonly Transition[]): Promise<void>;
}
