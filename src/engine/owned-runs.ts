/**
 * The runs that this engine owns, and the callers that wait for them.
 *
 * 1. A run is changed only by the one live process that owns it. The owner is on record in the
 *    store, so that other processes see it.
 * 2. A caller that waits for a run is settled once: with the finished run, or with the error that
 *    stopped its handling.
 *
 * @module
 */
import { newRunOwner } from '../local/store/owner-identity.ts';
import type { RunOwners } from '../local/store/run-owners.ts';
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { RunOwnedError } from './errors.ts';

interface Watcher {
  resolve(run: Run): void;
  reject(error: unknown): void;
}

export class OwnedRuns {
  readonly #owners: RunOwners;
  readonly #owner = newRunOwner();
  readonly #runs = new Set<RunId>();
  readonly #watchers = new Map<RunId, Watcher[]>();
  readonly #failures = new Map<RunId, unknown>();

  constructor(owners: RunOwners) {
    this.#owners = owners;
  }

  has(id: RunId): boolean {
    return this.#runs.has(id);
  }

  ids(): readonly RunId[] {
    return [...this.#runs];
  }

  /** @throws RunOwnedError if another live process owns the run */
  claim(id: RunId): void {
    if (!this.#owners.claim(id, this.#owner))
      throw new RunOwnedError(id, this.#owners.ownerOf(id)?.pid ?? 0);
    this.#runs.add(id);
  }

  release(id: RunId): void {
    this.#runs.delete(id);
    this.#owners.release(id, this.#owner);
  }

  releaseAll(): void {
    for (const id of this.#runs) this.#owners.release(id, this.#owner);
  }

  /** Resolves when the run is finished, and rejects when its handling fails permanently. */
  watch(id: RunId): Promise<Run> {
    return new Promise((resolve, reject) => {
      this.#watchers.set(id, [...(this.#watchers.get(id) ?? []), { resolve, reject }]);
    });
  }

  finish(run: Run): void {
    const { id } = run.info;
    this.release(id);
    for (const { resolve } of this.#removeWatchers(id)) resolve(run);
  }

  /**
   * Records that a batch of the run cannot be handled. The run stays as it is, and can be resumed.
   */
  fail(id: RunId, error: unknown): void {
    this.#failures.set(id, error);
    for (const { reject } of this.#removeWatchers(id)) reject(error);
  }

  failureOf(id: RunId): unknown {
    return this.#failures.get(id);
  }

  #removeWatchers(id: RunId): readonly Watcher[] {
    const watchers = this.#watchers.get(id) ?? [];
    this.#watchers.delete(id);
    return watchers;
  }
}
