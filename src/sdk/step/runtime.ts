/**
 * What a running step may ask of whoever runs it: the runner, or debug mode. It stands at `globalThis[Symbol.for('headrace.step')]` while a step runs.
 *
 * Only what a user sees is described by types of our own, so that published types need neither the DOM library nor @types/node.
 *
 * @module
 */
import type { Logger } from '../option-types.ts';

export const STEP_RUNTIME = /* @__PURE__ */ Symbol.for('headrace.step');

/** The platform's `AbortSignal` where its type is known, else the part of it that a step needs. */
export type StopSignal = typeof globalThis extends { AbortSignal: { prototype: infer S } }
  ? S
  : BareSignal;

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

export type Metadata = Readonly<Record<string, unknown>>;

export interface ArtifactOptions {
  /** JSON data beside the artifact. */
  readonly metadata?: Metadata | undefined;
}

export interface ModelOptions extends ArtifactOptions {
  /** As in `onnx`; for people. */
  readonly framework?: string | undefined;
}

/** What `currentStep()` returns. */
export interface CurrentStep {
  /** The step's name in the run: `stepOne`, `stepOne_1` … */
  readonly name: string;
  readonly component: string;
  /** From 1. */
  readonly attempt: number;
  readonly run: {
    readonly id: string;
    readonly pipeline: string;
    readonly project: string;
    readonly number: number;
  };
  readonly logger: Logger;
  /** Of this attempt alone, removed after it. */
  readonly temporaryDirectory: string;
  /** Aborted when the step is told to stop: the run is aborted, its time is over, or its machine is taken away. */
  readonly signal: StopSignal;
  /** Stores a value, or an `ArtifactFile`, on the step under a name. */
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  /** Stores a model's file or folder on the step. */
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
}

/** What the runner implements: the step's own things, and those that `PipelineDecorator` stores on the run. */
export interface StepRuntime extends CurrentStep {
  uploadArtifactToRun(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  uploadModelToRun(name: string, path: string, options?: ModelOptions): Promise<void>;
}
