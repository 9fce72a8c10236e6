/**
 * What this process wrote last of each run, so that the next turn need not read it back.
 *
 * 1. It counts as long as the run is at the revision that was written: `confirm` is told of each head that is read.
 * 2. A process that commits on top of something older is refused by its revision: at worst a turn is decided again.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { RunComponent } from '../../model/run.ts';
import type { Step } from '../../model/step.ts';
import type { Commit } from '../../ports/tasks.ts';

/** Runs and, of each, steps that are kept. */
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

  /** The run was seen at this revision. */
  confirm(run: RunId, revision: number | undefined): void {
    if (this.#commits.get(run)?.revision !== revision) this.#commits.delete(run);
  }

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
