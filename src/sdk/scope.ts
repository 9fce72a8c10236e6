/**
 * Where the running code belongs: to a pipeline's logic, to a step, or to neither. Follows the code through its awaits.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { HostComponent } from './component.ts';
import type { ArtifactOptions, ModelOptions, StepRuntime } from './step/runtime.ts';

/** A run whose logic is executed in this process. */
export interface LogicRun {
  /** A Lazy, or a tuple of them. */
  call(component: HostComponent, args: readonly unknown[]): unknown;
  uploadArtifact(name: string, value: unknown, options?: ArtifactOptions): Promise<void>;
  uploadModel(name: string, path: string, options?: ModelOptions): Promise<void>;
}

export type Scope =
  | { readonly kind: 'logic'; readonly run: LogicRun }
  | { readonly kind: 'step'; readonly runtime: StepRuntime };

export const scopes = new AsyncLocalStorage<Scope>();
