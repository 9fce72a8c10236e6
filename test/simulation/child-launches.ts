/**
 * The launches of child runs in a simulated world, and the aborts that were requested.
 *
 * @module
 */
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { JobGroup } from '../../src/ports/jobs.ts';
import type { ChildRunsOfWorld } from './child-run-rules.ts';
import type { ChildLaunches } from './engine.ts';
import { checkFirstLaunch, checkLaunch } from './launch-rules.ts';
import type { MirroredRun } from './mirror.ts';

export class WorldChildRuns implements ChildLaunches, ChildRunsOfWorld {
  readonly runs: ReadonlyMap<RunId, MirroredRun>;
  readonly #check: (act: () => void) => void;
  readonly #tried = new Set<string>();
  readonly #launched = new Set<string>();
  readonly #stopped = new Set<RunId>();

  constructor(runs: ReadonlyMap<RunId, MirroredRun>, check: (act: () => void) => void) {
    this.runs = runs;
    this.#check = check;
  }

  onLaunch(group: JobGroup): void {
    const parent = group.childRuns?.parent.id;
    const run = parent === undefined ? undefined : this.runs.get(parent);
    this.#check(() => {
      checkLaunch(run, group);
      if (run !== undefined && !this.#tried.has(group.name)) checkFirstLaunch(run, group);
    });
    this.#tried.add(group.name);
  }

  onLaunched({ name }: JobGroup): void {
    this.#launched.add(name);
  }

  wasLaunched(group: string): boolean {
    return this.#launched.has(group);
  }

  /** Notes requested aborts. */
  onSent({ kind, run }: Transition): void {
    if (kind === 'run.abort') this.#stopped.add(run);
  }

  /** It ended by itself, or its abort was requested. */
  wasStopped(run: RunId): boolean {
    return this.#stopped.has(run);
  }
}
