/**
 * The module `headrace` inside a step's bundle. It is part of the code that the step's hash
 * identifies. Therefore it is small, and a change of it invalidates the cache entries of users.
 *
 * Components and pipelines that the step's code mentions exist in it, and throw when they are
 * called.
 *
 * @module
 */

import { USE_MODEL_IN_STEP } from '../../model/use-model.ts';
import { addressOf } from '../address-of.ts';
import { declaredName } from '../declared-name.ts';
import { type Duration, toMilliseconds, wait } from '../duration.ts';
import {
  InputFileError,
  NestedComponentError,
  NestedPipelineError,
  OutsideLogicError,
  OutsideStepError,
  UseModelError,
} from '../errors.ts';
import { modelReference } from '../model-reference.ts';
import { explainSnakeCase } from '../snake-case.ts';
import {
  type ArtifactOptions,
  type CurrentStep,
  type LocalCopyOptions,
  type ModelOptions,
  STEP_RUNTIME,
  type StepRuntime,
} from './runtime.ts';

export { ArtifactFile } from '../artifact-file.ts';
export * from '../errors.ts';
export { withMetadata } from '../with-metadata.ts';

const UNNAMED = '(without a name)';

/** @__NO_SIDE_EFFECTS__ */
export function component(options: unknown, fn: unknown, meta?: unknown): () => never {
  return () => {
    throw new NestedComponentError(
      declaredName(options, fn, meta) ?? UNNAMED,
      (Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined)?.component,
    );
  };
}

/** @__NO_SIDE_EFFECTS__ */
export function pipeline(options: unknown, fn: unknown, meta?: unknown): () => never {
  return () => {
    throw new NestedPipelineError(declaredName(options, fn, meta) ?? UNNAMED);
  };
}

function requireRuntime(functionName: string): StepRuntime {
  const running = Reflect.get(globalThis, STEP_RUNTIME) as StepRuntime | undefined;
  if (running === undefined) throw new OutsideStepError(functionName);
  return running;
}

export const currentStep = (): CurrentStep => requireRuntime('currentStep()');

/** An ordinary timer: only a pipeline's logic has durable ones. */
export const sleep = (duration: Duration): Promise<void> => wait(toMilliseconds(duration));

export function waitForSignal(): never {
  throw new OutsideLogicError('waitForSignal');
}

export function cancel(): never {
  throw new OutsideLogicError('cancel');
}

export function cancelOnAbort(): never {
  throw new OutsideLogicError('cancelOnAbort');
}

export function timeout(): never {
  throw new OutsideLogicError('timeout');
}

const noop = (): void => undefined;

export const PipelineDecorator = /* @__PURE__ */ explainSnakeCase('PipelineDecorator', {
  component,
  pipeline,
  getCurrentPipeline: (): never => {
    throw new OutsideLogicError('PipelineDecorator.getCurrentPipeline()');
  },
  setDefaultExecutionQueue: noop,
  debugPipeline: noop,
  runLocally: noop,
  uploadArtifact: (name: string, value: unknown, options?: ArtifactOptions): Promise<void> =>
    requireRuntime('PipelineDecorator.uploadArtifact').uploadArtifactToRun(name, value, options),
  uploadModel: (name: string, path: string, options?: ModelOptions): Promise<void> =>
    requireRuntime('PipelineDecorator.uploadModel').uploadModelToRun(name, path, options),
});

export const StorageManager = /* @__PURE__ */ explainSnakeCase('StorageManager', {
  getLocalCopy: async (address: unknown, options?: LocalCopyOptions): Promise<string> =>
    requireRuntime('StorageManager.getLocalCopy').getLocalCopy(addressOf(address), options),
});

/** A step has no use for it: it reads the file itself. */
export function inputFile(address: unknown): never {
  throw new InputFileError(
    addressOf(address),
    'it stands for an argument of a step, so the pipeline calls it. In a step, read the file, or call StorageManager.getLocalCopy',
  );
}

/** A step receives a model as an argument. */
export function useModel(reference: unknown): never {
  throw new UseModelError(modelReference(reference), USE_MODEL_IN_STEP);
}
