/**
 * Reads the declarations of a pipeline's code by evaluating only its top level.
 *
 * @module
 */
import type { ComponentDeclaration, PipelineDeclaration } from '../model/options.ts';
import { validateComponent, validateDefaultQueue, validatePipeline } from '../sdk/validate.ts';
import { compileLogic } from './compile-logic.ts';
import { parseContextJson } from './context-json.ts';
import { TamperedContextError } from './errors.ts';
import { runGuarded } from './guard.ts';
import { LogicContext } from './logic-context.ts';

export interface LogicDescription {
  readonly pipeline: PipelineDeclaration;
  /** All components that the bundle of the logic declares, in the order of declaration. */
  readonly components: readonly ComponentDeclaration[];
  /**
   * The argument of `PipelineDecorator.setDefaultExecutionQueue`, if the bundle contains the call.
   */
  readonly defaultQueue: string | null;
}

const DESCRIBE_TIMEOUT_MS = 10_000;

/**
 * Reads the declarations of a bundle.
 *
 * @throws LogicLoadError if the top level throws or cannot be compiled
 * @throws LogicTimeoutError if it runs for too long
 * @throws OptionError if the value of an option is invalid
 */
export async function describeLogic(
  logicBundle: string,
  timeoutMs = DESCRIBE_TIMEOUT_MS,
): Promise<LogicDescription> {
  const script = await compileLogic(logicBundle);
  const context = new LogicContext(script, {
    seed: 'describe',
    at: Date.now(),
    stacks: false,
    frames: false,
    timeoutMs,
    commandLimit: 0,
    watch: runGuarded,
  });
  const text = context.guard(() => context.driver.describe());
  const described = parseContextJson(text);
  if (
    typeof described !== 'object' ||
    described === null ||
    !('pipeline' in described) ||
    !('components' in described) ||
    !Array.isArray(described.components)
  ) {
    throw new TamperedContextError('description');
  }
  const queue: unknown = Reflect.get(described, 'defaultQueue');
  return {
    pipeline: validatePipeline(described.pipeline),
    components: described.components.map(validateComponent),
    defaultQueue: typeof queue === 'string' ? validateDefaultQueue(queue) : null,
  };
}
