/**
 * The step that is running: one of debug mode, or the step of the runner that loaded this copy of
 * Headrace through a package that the step imports.
 *
 * @module
 */
import { OutsideStepError } from './errors.ts';
import { scopes } from './scope.ts';
import { type CurrentStep, STEP_RUNTIME, type StepRuntime } from './step/runtime.ts';

/** The runtime of the step that runs this code; undefined outside of a step. */
export function runningStep(): StepRuntime | undefined {
  const scope = scopes.getStore();
  return scope?.kind === 'step'
    ? scope.runtime
    : (Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined);
}

/**
 * The step that runs this code, with its logger, uploads, attempt, temporary directory and abort
 * signal.
 *
 * @throws OutsideStepError outside of a step
 */
export function currentStep(): CurrentStep {
  const step = runningStep();
  if (step === undefined) throw new OutsideStepError('currentStep()');
  return step;
}
