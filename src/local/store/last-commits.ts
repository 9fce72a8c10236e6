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
const RUNS = 64;
const STEPS = 64;

export interface LastCommit {
  readonly revision: number;
  readonly steps: ReadonlyMap<number, Step>;
  readonly components: Map<string, RunComponent>;
}

export class LastCommits {
  readonly #kept = new Map<RunId, LastCommit>();

  of(run: RunId): LastCommit | undefined {
    return this.#kept.get(run);
  }

  /** The run was seen at this revision. */
  confirm(run: RunId, revision: number | undefined): void {
    if (this.#kept.get(run)?.revision !== revision) this.#kept.delete(run);
  }

  keep(run: RunId, { head, created, changed, components }: Commit): void {
    const before = this.#kept.get(run);
    const known =
      before?.revision === head.revision - 1 ? before.components : new Map<string, RunComponent>();
    for (const component of components) known.set(component.declaration.name, component);
    const steps = new Map<number, Step>();
    if (created.length + changed.length <= STEPS) {
      for (const step of created) steps.set(step.call, step);
      for (const step of changed) steps.set(step.call, step);
    }
    this.#kept.delete(run);
    this.#kept.set(run, { revision: head.revision, steps, components: known });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= RUNS) break;
      this.#kept.delete(oldest);
    }
  }

  forget(run: RunId): void {
    this.#kept.delete(run);
  }
}
