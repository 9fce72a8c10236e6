/**
 * From a pipeline's source to the code that runs it.
 *
 * @module
 */

export { bundleDebug, type DebugBundle, type DebugBundleOptions } from './bundle-debug.ts';
export { type BundleOptions, bundlePipeline, type ModuleShare, type PipelineBundles } from './bundle-pipeline.ts';
export * from './errors.ts';
export { materialize } from './materialize.ts';
export { type FoundPipeline, findPipelines } from './pipelines.ts';
export type { SdkFiles } from './sdk-files.ts';
