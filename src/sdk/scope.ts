/**
 * The scope of the running code: a pipeline's logic, a step, or neither. The scope is preserved
 * across awaits.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { HostComponent } from './declare.ts';
import type { PipelineView } from './option-types.ts';
import type { ArtifactOptions, ModelOptions, StepRuntime } from './step/runtime.ts';

/** A run whose logic is executed in this process. */
export interface LogicRun {
  /** The run, as callbacks receive it. */
  readonly view: PipelineView;
  /** Returns a Lazy, or a tuple of Lazies. */
  call(component: HostComponent, args: readonly unknown[]): unknown;
  /** @throws LazyExpectedError */
  requireLazy(lazy: unknown, functionName: string): void;
  /** Cancels the step of the Lazy. `timeoutMs`: the limit that it exceeded. */
  cancel(lazy: unknown, timeoutMs: number | undefined): void;
  /** Fulfils with the value of the signal. */
  waitForSignal(name: string): Promise<unknown>;
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
}

/** Receives promises that are rejected without a handler, and those that get one later. */
export interface RejectionReceiver {
  add(promise: unknown, reason: unknown): void;
  remove(promise: unknown): void;
}

export type Scope = (
  | { readonly kind: 'logic'; readonly run: LogicRun }
  | { readonly kind: 'step'; readonly runtime: StepRuntime }
) & {
  /** Receives the promises of the scope that are rejected without a handler. */
  readonly rejections: RejectionReceiver;
};

export const scopes = new AsyncLocalStorage<Scope>();
