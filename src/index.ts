/**
 * Headrace: machine-learning pipelines from plain TypeScript functions.
 *
 * Importing this loads neither the engine nor the bundler: they come with the first run.
 *
 * @module
 */
import { setLauncher } from './sdk/launch.ts';

setLauncher(async (request) => {
  const { launch } = await (request.mode === 'remote'
    ? import('./cli/remote/launch.ts')
    : import('./cli/launch.ts'));
  return await launch(request);
});

export { CorruptValueError, UnserializableValueError } from './codec/errors.ts';
export { HeadraceError } from './model/headrace-error.ts';
export { ArtifactFile } from './sdk/artifact-file.ts';
export { component } from './sdk/component.ts';
export { PipelineDecorator } from './sdk/decorator.ts';
export type { Duration } from './sdk/duration.ts';
export * from './sdk/errors.ts';
export { pipeline } from './sdk/pipeline.ts';
export { sleep } from './sdk/sleep.ts';
export type {
  ArtifactOptions,
  CurrentStep,
  Metadata,
  ModelOptions,
  StopSignal,
} from './sdk/step/runtime.ts';
export { currentStep } from './sdk/step-runtime.ts';
export type * from './sdk/types.ts';
