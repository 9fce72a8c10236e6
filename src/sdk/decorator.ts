/**
 * `PipelineDecorator`: everything under the names that users of decorators know.
 *
 * @module
 */
import { component } from './component.ts';
import { OutsideStepError } from './errors.ts';
import { pipeline } from './pipeline.ts';
import { chooseMode, setDefaultQueue } from './program-settings.ts';
import { type LogicRun, scopes } from './scope.ts';
import type { ArtifactOptions, ModelOptions } from './step/runtime.ts';
import { runningStep } from './step-runtime.ts';
import type { DeclareComponent, DeclarePipeline } from './types.ts';

/** The run that the caller belongs to. */
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

export const PipelineDecorator: {
  readonly component: DeclareComponent;
  readonly pipeline: DeclarePipeline;
  /** The queue of steps for which neither component nor pipeline names one. */
  setDefaultExecutionQueue(queue: string): void;
  /** The pipelines of this program run in this process, with their steps as plain calls: breakpoints work. */
  debugPipeline(): void;
  /** The pipelines of this program run on this machine, each step in a subprocess. This is the default. */
  runLocally(): void;
  /** Stores a value on the run, from one of its steps. */
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  /** Stores a model's file or folder on the run, from one of its steps. */
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
} = {
  component,
  pipeline,
  setDefaultExecutionQueue: setDefaultQueue,
  debugPipeline: () => chooseMode('debug'),
  runLocally: () => chooseMode('local'),
  uploadArtifact: async (name, value, options) =>
    await currentRun('PipelineDecorator.uploadArtifact').uploadArtifact(name, value, options),
  uploadModel: async (name, path, options) =>
    await currentRun('PipelineDecorator.uploadModel').uploadModel(name, path, options),
};
