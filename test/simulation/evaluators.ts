/**
 * The evaluators that worlds are run with: the real one, on a bundle of logic that is made once, or one of plain promises.
 *
 * @module
 */
import type { JsonObject } from '../../src/model/json.ts';
import type { EvaluatorMaker } from './engine.ts';
import { createPlainEvaluator } from './plain-evaluator.ts';
import type { Program } from './program.ts';

const programOf = (args: JsonObject): Program => JSON.parse(JSON.stringify(args['program']));

export async function createSimulatedEvaluators(_plain: boolean): Promise<EvaluatorMaker> {
  return (ports) => createPlainEvaluator(ports.objects, programOf);
}
