/**
 * The interface of a running step to its host, which is the runner or debug mode. While a step
 * runs, it is `globalThis[Symbol.for('headrace.step')]`.
 *
 * Users see only types of this package, so that the published types need neither the DOM library
 * nor
 * @types/node.
 *
 * @module
 */
import type { ArtifactFile } from '../artifact-file.ts';
import type { StepLogger } from '../plot-types.ts';

export const STEP_RUNTIME = /* @__PURE__ */ Symbol.for('headrace.step');

/** The platform's `AbortSignal` if its type is known, else the part of it that a step needs. */
export type StopSignal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : BareSignal;

/** The part of `AbortSignal` that a step needs. */
interface BareSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(
    type: 'abort',
    listener: () => void,
    options?: { readonly once?: boolean },
  ): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** JSON data by name. */
export type Metadata = Readonly<Record<string, unknown>>;

/** Options of an upload. */
export interface ArtifactOptions {
  /** JSON data that is stored with the artifact. */
  readonly metadata?: Metadata | undefined;
}

/** Options of a model's upload. */
export interface ModelOptions extends ArtifactOptions {
  /** The model's framework, as in `onnx`, for display. */
  readonly framework?: string | undefined;
}

/** Options of `StorageManager.getLocalCopy`. */
export interface LocalCopyOptions {
  /** The longest time for the download. By default, a server may be silent for a minute. */
  readonly timeoutSeconds?: number | undefined;
  /** A larger file is refused. */
  readonly maxBytes?: number | undefined;
}

/** A running step, as `currentStep()` returns it. */
export interface CurrentStep {
  /** The step's name in the run, as in `stepOne` or `stepOne_1`. */
  readonly name: string;
  /** The name of the step's component. */
  readonly component: string;
  /** The number of the attempt, from 1. */
  readonly attempt: number;
  /** The run that the step belongs to. */
  readonly run: {
    readonly id: string;
    readonly pipeline: string;
    readonly project: string;
    readonly number: number;
  };
  /** Reports metrics, text, tables, images and confusion matrices. */
  readonly logger: StepLogger;
  /** A folder of this attempt alone, which is removed after it. */
  readonly temporaryDirectory: string;
  /**
   * Aborted when the step must stop: its run is aborted, its time limit is exceeded, or its machine
   * is reclaimed.
   */
  readonly signal: StopSignal;
  /** Stores a value, or an `ArtifactFile`, on the step under a name. */
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  /** Stores a model's file or folder on the step. */
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
}

/**
 * The interface that the host implements: that of the step, the uploads of `PipelineDecorator` to
 * the run, and the files of `StorageManager` and `inputFile`.
 */
export interface StepRuntime extends CurrentStep {
  uploadArtifactToRun(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  uploadModelToRun(name: string, path: string, options?: ModelOptions): Promise<void>;
  getLocalCopy(address: string, options?: LocalCopyOptions): Promise<string>;
  /** The file or folder that `inputFile(address)` stands for. */
  openInput(address: string): Promise<ArtifactFile>;
}
