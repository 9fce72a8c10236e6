/**
 * A cache of the last commit that this process wrote to each run, so that the next turn need not
 * read it.
 *
 * 1. An entry is valid while the run is at the revision of the commit. `confirm` is called with
 *    each head that is read.
 * 2. A commit that is based on an older revision fails, so that in the worst case a turn is handled
 *    again.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunComponent } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { Commit } from '../../ports/tasks.ts';

/** The most cached runs, and the most cached steps of each. */
const MAX_RUNS = 64;
const MAX_STEPS_PER_RUN = 64;

export interface LastCommit {
  readonly revision: number;
  readonly steps: ReadonlyMap<number, Step>;
  readonly components: Map<string, RunComponent>;
}

export class LastCommits {
  readonly #commits = new Map<RunId, LastCommit>();

  get(run: RunId): LastCommit | undefined {
    return this.#commits.get(run);
  }

  /** Removes the entry of the run, unless it has this revision. */
  confirm(run: RunId, revision: number | undefined): void {
    if (this.#commits.get(run)?.revision !== revision) this.#commits.delete(run);
  }

  /** Stores a commit that was written. */
  record(run: RunId, { head, created, changed, components }: Commit): void {
    const previous = this.#commits.get(run);
    const knownComponents =
      previous?.revision === head.revision - 1
        ? previous.components
        : new Map<string, RunComponent>();
    for (const component of components) knownComponents.set(component.declaration.name, component);
    const steps = new Map<number, Step>();
    if (created.length + changed.length <= MAX_STEPS_PER_RUN) {
      for (const step of created) steps.set(step.call, step);
      for (const step of changed) steps.set(step.call, step);
    }
    this.#commits.delete(run);
    this.#commits.set(run, { revision: head.revision, steps, components: knownComponents });
    for (const oldest of this.#commits.keys()) {
      if (this.#commits.size <= MAX_RUNS) break;
      this.#commits.delete(oldest);
    }
  }

  remove(run: RunId): void {
    this.#commits.delete(run);
  }
}
