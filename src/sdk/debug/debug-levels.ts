/**
 * The debug run that the running code belongs to.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { DebugOptions } from './report.ts';

interface DebugLevel {
  /** The number of runs above it. */
  readonly depth: number;
  readonly options: DebugOptions;
}

export const debugLevels = new AsyncLocalStorage<DebugLevel>();
