/**
 * `useModel`, as a user's file imports it from `headrace`. Bundles of logic and of steps have
 * implementations of their own.
 *
 * @module
 */
import { USE_MODEL_COMPONENT, USE_MODEL_IN_STEP, USE_MODEL_OPTIONS } from '../model/use-model.ts';
import { ArtifactFile } from './artifact-file.ts';
import { declareComponent, type HostComponent } from './declare.ts';
import { OutsidePipelineError, OutsideStepError, UseModelError } from './errors.ts';
import { modelReference } from './model-reference.ts';
import { scopes } from './scope.ts';
import type { Metadata } from './step/runtime.ts';
import { runningStep } from './step-runtime.ts';
import type { Lazy } from './types.ts';

/** What is known about a version of a registered model. It does not change. */
export interface ModelInfo {
  readonly project: string;
  readonly name: string;
  readonly version: number;
  readonly framework: string | null;
  readonly metadata: Metadata | null;
}

/** A version of a registered model, as a step receives it. */
export interface RegisteredModel {
  /** Its file or folder. */
  readonly file: ArtifactFile;
  readonly info: ModelInfo;
}

/** A call of `useModel`: each part is a result of its step. */
export interface ModelUse {
  readonly file: Lazy<ArtifactFile>;
  readonly info: Lazy<ModelInfo>;
}

/**
 * Finds a version of a registered model in debug mode, and copies its file or folder to `folder`.
 *
 * @throws UseModelError
 */
export type ModelFetcher = (request: {
  readonly reference: string;
  readonly project: string;
  readonly folder: string;
}) => Promise<{ readonly path: string; readonly info: ModelInfo }>;

let fetchModel: ModelFetcher | undefined;

export function setModelFetcher(fetcher: ModelFetcher): void {
  fetchModel = fetcher;
}

const hostComponent: HostComponent = {
  meta: USE_MODEL_COMPONENT,
  declared: declareComponent(USE_MODEL_OPTIONS, USE_MODEL_COMPONENT),
  fn: async (value) => {
    const reference = modelReference(value);
    const step = runningStep();
    if (step === undefined) throw new OutsideStepError('useModel');
    if (fetchModel === undefined) throw new UseModelError(reference, 'there is no model registry');
    const { path, info } = await fetchModel({
      reference,
      project: step.run.project,
      folder: step.temporaryDirectory,
    });
    return [new ArtifactFile(path), info];
  },
};

/**
 * A version of a registered model as an argument of a step: `iris@published` (the highest published
 * version), `iris@3`, `iris@latest`, or `project/iris@3`. The step receives a `RegisteredModel`. The
 * file counts for the cache by its content, the info by its values.
 *
 * The version is chosen once in a run. A run that is resumed keeps it; a new run chooses again.
 *
 * @example
 * ```ts
 * const predict = component({ cache: true }, async (model: RegisteredModel, rows: number[]) => …);
 * export const main = pipeline({ name: 'predict' }, () => predict(useModel('iris@published'), [1]));
 * ```
 *
 * @throws UseModelError, OutsidePipelineError
 */
export function useModel(reference: string): ModelUse {
  const text = modelReference(reference);
  const scope = scopes.getStore();
  if (scope?.kind === 'logic') {
    // The run returns the tuple of its mode.
    const [file, info] = scope.run.call(hostComponent, [text]) as [
      Lazy<ArtifactFile>,
      Lazy<ModelInfo>,
    ];
    return { file, info };
  }
  if (runningStep() !== undefined) throw new UseModelError(text, USE_MODEL_IN_STEP);
  throw new OutsidePipelineError('useModel');
}
