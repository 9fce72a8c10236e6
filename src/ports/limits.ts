/**
 * The port of limits of concurrency, which the runs of a project share. A limit is one small
 * document.
 *
 * 1. A write replaces the version that was read, or changes nothing: of two concurrent writers, one
 *    reads again.
 * 2. Each write makes a version that never existed before, also after the document was removed.
 * 3. A write whose answer was lost and that is repeated counts as applied.
 *
 * @module
 */
import type { LimitState } from '../model/limit-state.ts';

export interface StoredLimit {
  readonly version: string;
  readonly state: LimitState;
}

export interface Limits {
  read(key: string): Promise<StoredLimit | undefined>;
  /**
   * Writes `state`, or removes the document if `state` is undefined. False if `version` (undefined:
   * there is no document) is not the stored one.
   */
  write(key: string, state: LimitState | undefined, version: string | undefined): Promise<boolean>;
}
