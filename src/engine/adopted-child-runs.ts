/**
 * The child runs whose messages this engine handles, because it started them or continues them after
 * a crash of another engine.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import { isTerminalRun } from '../model/run.ts';
import type { Tasks } from '../ports/tasks.ts';
import { RunOwnedError } from './errors.ts';

export interface AdoptedChildRunsOptions {
  readonly tasks: Pick<Tasks, 'run'>;
  owns(run: RunId): boolean;
  /** @throws RunOwnedError */
  claim(run: RunId): void;
  /** Continues a run whose engine has crashed. */
  recover(run: RunId): Promise<void>;
}

export class AdoptedChildRuns {
  readonly #options: AdoptedChildRunsOptions;
  readonly #byParent = new Map<RunId, Set<RunId>>();

  constructor(options: AdoptedChildRunsOptions) {
    this.#options = options;
  }

  /** Claims the run, which may not exist yet, unless another live process owns it. */
  async adopt(child: RunId, parent: RunId): Promise<void> {
    const { tasks, owns, claim, recover } = this.#options;
    const children = this.#byParent.get(parent) ?? new Set();
    this.#byParent.set(parent, children.add(child));
    if (owns(child)) return;
    const run = await tasks.run(child);
    if (run !== undefined && isTerminalRun(run.head.status)) return;
    try {
      claim(child);
    } catch (error) {
      if (error instanceof RunOwnedError) return;
      throw error;
    }
    if (run !== undefined) await recover(child);
  }

  /** The child runs of `parent`, which are then forgotten. */
  takeOf(parent: RunId): readonly RunId[] {
    const children = [...(this.#byParent.get(parent) ?? [])];
    this.#byParent.delete(parent);
    return children;
  }
}
