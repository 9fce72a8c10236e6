/**
 * The step that is running: one of debug mode, or the one whose runner loaded this copy of Headrace (through a package that a step imports).
 *
 * @module
 */
import { OutsideStepError } from './errors.ts';
import { scopes } from './scope.ts';
import { type CurrentStep, STEP_RUNTIME, type StepRuntime } from './step/runtime.ts';

export function runningStep(): StepRuntime | undefined {
  const scope = scopes.getStore();
  return scope?.kind === 'step'
    ? scope.runtime
    : (Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined);
}

/**
 * The step that runs this code: its logger, uploads, attempt, temporary directory and abort signal.
 *
 * @throws OutsideStepError where no step runs.
 */
export function currentStep(): CurrentStep {
  const step = runningStep();
  if (step === undefined) throw new OutsideStepError('currentStep()');
  return step;
}
