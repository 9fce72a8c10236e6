/**
 * The module `headrace` inside the bundle of a pipeline's logic, which the evaluator replays in a
 * context of its own.
 *
 * @module
 */
// The first import, because it sets up the context.
import './session.ts';

export { UnserializableValueError } from '../../codec/index.ts';
export { ArtifactFile } from '../artifact-file.ts';
export * from '../errors.ts';
export { withMetadata } from '../with-metadata.ts';
export { cancel, cancelOnAbort, timeout } from './cancel.ts';
export { component } from './component.ts';
export { boot } from './driver.ts';
export type { Driver } from './driver-interface.ts';
export { ValueTooLargeError } from './errors.ts';
export { inputFile } from './input-file.ts';
export { currentStep, PipelineDecorator, pipeline, sleep } from './pipeline.ts';
export { waitForSignal } from './signals.ts';
export { StorageManager } from './storage-manager.ts';
export { NotInLogicError } from './unavailable-globals.ts';
export { useModel } from './use-model.ts';
