/**
 * Headrace: machine-learning pipelines from plain TypeScript functions.
 *
 * This import loads neither the engine nor the bundler. The first run loads them.
 *
 * @module
 */
import { setLauncher } from './sdk/launch.ts';
import { setModelFetcher } from './sdk/use-model.ts';

setLauncher(async (request) => {
  const { launch } = await (request.mode === 'remote'
    ? import('./launch/launch-remote.ts')
    : import('./launch/launch-local.ts'));
  return await launch(request);
});

setModelFetcher(async (request) => {
  const { fetchModel } = await import('./launch/fetch-model.ts');
  return await fetchModel(request);
});

export { CorruptValueError, UnserializableValueError } from './codec/errors.ts';
export { HeadraceError } from './model/headrace-error.ts';
export { ArtifactFile } from './sdk/artifact-file.ts';
export { component } from './sdk/component.ts';
export { PipelineDecorator } from './sdk/decorator.ts';
export type { Duration } from './sdk/duration.ts';
export {
  DeclarationError,
  DurationError,
  InputFileError,
  LazyExpectedError,
  LazyUsedAsValueError,
  MissingParentError,
  NestedComponentError,
  NestedPipelineError,
  OptionError,
  OutsideLogicError,
  OutsidePipelineError,
  OutsideStepError,
  PipelineRunError,
  ProgramError,
  ReturnValuesError,
  RunAbortedError,
  SignalMissingError,
  SignalNameError,
  StepAbortedError,
  StepCancelledError,
  StepFailedError,
  StepSkippedError,
  TooManySignalsError,
  UseModelError,
} from './sdk/errors.ts';
export { inputFile } from './sdk/input-file.ts';
export { cancel, cancelOnAbort, timeout, waitForSignal } from './sdk/logic-functions.ts';
export type {
  CacheOptions,
  ComponentOptions,
  ConcurrencyLimit,
  ContinueBehaviour,
  EnvironmentOptions,
  Logger,
  MetricName,
  NodeError,
  NodeStatus,
  NodeView,
  PipelineOptions,
  PipelineView,
  PostExecuteCallback,
  PreExecuteCallback,
  ResourceOptions,
  RetryBackoff,
  RetryCallback,
  StatusChangeCallback,
  TaskType,
} from './sdk/option-types.ts';
export { pipeline } from './sdk/pipeline.ts';
export type {
  ConfusionMatrix,
  StepLogger,
  TableCell,
  TableColumn,
  TableColumnType,
  TableData,
  TableRecord,
} from './sdk/plot-types.ts';
export type { DeclaredSchedule } from './sdk/schedule-types.ts';
export { sleep } from './sdk/sleep.ts';
export type {
  ArtifactOptions,
  CurrentStep,
  LocalCopyOptions,
  Metadata,
  ModelOptions,
  StopSignal,
} from './sdk/step/runtime.ts';
export { currentStep } from './sdk/step-runtime.ts';
export { StorageManager } from './sdk/storage-manager.ts';
export type {
  AnyFunction,
  Arg,
  ArgList,
  Args,
  ComponentCall,
  ComponentFunction,
  DeclareComponent,
  DeclarePipeline,
  Lazy,
  LazyTuple,
  PipelineCall,
  PipelineResult,
  PipelineRun,
} from './sdk/types.ts';
export { type ModelInfo, type ModelUse, type RegisteredModel, useModel } from './sdk/use-model.ts';
export { withMetadata } from './sdk/with-metadata.ts';
