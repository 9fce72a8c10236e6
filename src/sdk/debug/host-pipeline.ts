/**
 * A pipeline, as its program declares it.
 *
 * @module
 */
import type { DeclaredPipeline } from '../declare.ts';

/** A pipeline with its function. */
export interface HostPipeline {
  readonly declared: DeclaredPipeline;
  readonly fn: (...args: readonly unknown[]) => unknown;
  readonly parameters: {
    readonly style: 'positional' | 'object';
    readonly parameters: readonly string[];
  };
  /** The default queue that the program has set. */
  readonly defaultQueue: string | null;
  /** The root of the project, if it is known. */
  readonly root: string | undefined;
}
