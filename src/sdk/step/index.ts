/**
 * What `headrace` is inside a step's bundle. Small, and to be changed rarely: it is part of the code that a step's hash identifies.
 *
 * Components and pipelines that a step's code still mentions are there to be refused when they are called.
 *
 * @module
 */
import { type Duration, toMilliseconds } from '../duration.ts';
import { NestedComponentError, NestedPipelineError, OutsideStepError } from '../errors.ts';
import { nameOf } from '../name.ts';
import {
  type ArtifactOptions,
  type CurrentStep,
  type ModelOptions,
  STEP_RUNTIME,
  type StepRuntime,
} from './runtime.ts';

export { ArtifactFile } from '../artifact-file.ts';
export * from '../errors.ts';

const UNNAMED = '(without a name)';

/** @__NO_SIDE_EFFECTS__ */
export function component(options: unknown, fn: unknown, meta?: unknown): () => never {
  return () => {
    throw new NestedComponentError(
      nameOf(options, fn, meta) ?? UNNAMED,
      (Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined)?.component,
    );
  };
}

/** @__NO_SIDE_EFFECTS__ */
export function pipeline(options: unknown, fn: unknown, meta?: unknown): () => never {
  return () => {
    throw new NestedPipelineError(nameOf(options, fn, meta) ?? UNNAMED);
  };
}

function runtime(what: string): StepRuntime {
  const running = Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined;
  if (running === undefined) throw new OutsideStepError(what);
  return running;
}

export const currentStep = (): CurrentStep => runtime('currentStep()');

/** Inside a step time passes as ever: the durable one is for a pipeline's logic. */
export const sleep = (duration: Duration): Promise<void> => {
  const milliseconds = toMilliseconds(duration);
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
};

const nothing = (): void => undefined;

export const PipelineDecorator = {
  component,
  pipeline,
  setDefaultExecutionQueue: nothing,
  debugPipeline: nothing,
  runLocally: nothing,
  uploadArtifact: (name: string, value: unknown, options?: ArtifactOptions): Promise<void> =>
    runtime('PipelineDecorator.uploadArtifact').uploadArtifactToRun(name, value, options),
  uploadModel: (name: string, path: string, options?: ModelOptions): Promise<void> =>
    runtime('PipelineDecorator.uploadModel').uploadModelToRun(name, path, options),
};
