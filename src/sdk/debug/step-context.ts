/**
 * What a run of debug mode provides to its steps.
 *
 * @module
 */
import type { PipelineView, RetryCallback } from '../option-types.ts';
import type { DebugFolder } from './folder.ts';
import type { IdleWatch } from './idle.ts';
import type { DebugArtifact, DebugModel, DebugOptions } from './report.ts';
import type { Surroundings } from './surroundings.ts';
import type { Serializers } from './values.ts';

export interface StepContext {
  readonly pipeline: PipelineView;
  readonly folder: DebugFolder;
  /** The number of retries of steps whose component has no such option. */
  readonly retries: number;
  /** The pipeline's function for the retries of these steps. */
  readonly retry: RetryCallback | undefined;
  readonly signal: AbortSignal;
  readonly print: (line: string) => void;
  readonly execute: DebugOptions['execute'];
  readonly onStatus: DebugOptions['onStatus'];
  /** Receive the uploads of `PipelineDecorator.uploadArtifact` and `.uploadModel`. */
  readonly artifacts: DebugArtifact[];
  readonly models: DebugModel[];
  readonly idle: IdleWatch;
  readonly serializers: Serializers;
  readonly surroundings: Surroundings;
}
