/**
 * `PipelineDecorator`: the functions of the SDK under the names that users of ClearML know.
 *
 * @module
 */

import { component } from './component.ts';
import { OutsideLogicError, OutsideStepError } from './errors.ts';
import type { PipelineView } from './option-types.ts';
import { pipeline } from './pipeline.ts';
import { chooseMode, setDefaultQueue } from './program-settings.ts';
import { type LogicRun, scopes } from './scope.ts';
import { explainSnakeCase } from './snake-case.ts';
import type { ArtifactOptions, ModelOptions } from './step/runtime.ts';
import { runningStep } from './step-runtime.ts';
import type { DeclareComponent, DeclarePipeline } from './types.ts';

/** The uploads to the run that the caller belongs to. @throws OutsideStepError */
function currentRun(functionName: string): Pick<LogicRun, 'uploadArtifact' | 'uploadModel'> {
  const scope = scopes.getStore();
  if (scope?.kind === 'logic') return scope.run;
  const step = runningStep();
  if (step === undefined) throw new OutsideStepError(functionName);
  return {
    uploadArtifact: step.uploadArtifactToRun.bind(step),
    uploadModel: step.uploadModelToRun.bind(step),
  };
}

/** The functions of the SDK under the names that users of ClearML know. */
export const PipelineDecorator: {
  /** The same as `component`. */
  readonly component: DeclareComponent;
  /** The same as `pipeline`. */
  readonly pipeline: DeclarePipeline;
  /**
   * The run, as callbacks receive it. Called by the pipeline.
   *
   * @throws OutsideLogicError outside of a pipeline
   */
  getCurrentPipeline(): PipelineView;
  /** Sets the queue of steps for which neither component nor pipeline names one. */
  setDefaultExecutionQueue(queue: string): void;
  /**
   * Executes the pipelines of this program in this process. Steps are plain calls, and breakpoints
   * work.
   */
  debugPipeline(): void;
  /**
   * Executes the pipelines of this program on this machine, each step in a subprocess. This is the
   * default.
   */
  runLocally(): void;
  /** Stores a value as an artifact of the run. Called by the pipeline or by one of its steps. */
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  /** Stores a file or folder as a model of the run. Called by one of its steps. */
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
} = /* @__PURE__ */ explainSnakeCase('PipelineDecorator', {
  component,
  pipeline,
  getCurrentPipeline: () => {
    const scope = scopes.getStore();
    if (scope?.kind === 'logic') return scope.run.view;
    throw new OutsideLogicError('PipelineDecorator.getCurrentPipeline()');
  },
  setDefaultExecutionQueue: setDefaultQueue,
  debugPipeline: () => chooseMode('debug'),
  runLocally: () => chooseMode('local'),
  uploadArtifact: async (name, value, options) =>
    await currentRun('PipelineDecorator.uploadArtifact').uploadArtifact(name, value, options),
  uploadModel: async (name, path, options) =>
    await currentRun('PipelineDecorator.uploadModel').uploadModel(name, path, options),
});
