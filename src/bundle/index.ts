/**
 * From a pipeline's source to the code that runs it.
 *
 * @module
 */

export { bundleDebug } from './bundle-debug.ts';
export {
  bundlePipeline,
  type CalledPipeline,
  type ModuleShare,
  type PipelineBundles,
} from './bundle-pipeline.ts';
export * from './errors.ts';
export { InstalledPackages } from './installed-packages.ts';
export { materialize } from './materialize.ts';
export { findPipelines } from './pipelines.ts';
