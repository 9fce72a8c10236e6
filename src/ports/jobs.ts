/**
 * The port to what executes steps.
 *
 * 1. `submit` of a group whose job is there already does nothing (jobs have deterministic names).
 * 2. Whatever ends a job, a `job.ended` transition tells of it, at least once, after the job's own last message.
 *
 * @module
 */
import type { JobIndex } from '../model/ids.ts';
import type { StepSpec } from '../model/spec.ts';

export interface JobGroup {
  readonly name: string;
  readonly queue: string;
  /** In the order of the group's members: the index is the place in this list. */
  readonly specs: readonly StepSpec[];
  /** Settings of the container; a subprocess ignores them. */
  readonly container: {
    readonly docker?: string | undefined;
    readonly dockerArgs?: string | undefined;
    readonly dockerBashSetupScript?: string | undefined;
    readonly repo?: string | undefined;
    readonly repoBranch?: string | undefined;
    readonly repoCommit?: string | undefined;
    /** Names of secrets by environment variable: part of the group's spec; the step's container reads them itself, as its project may. */
    readonly secrets?: Readonly<Record<string, string>> | undefined;
  };
}

export interface Jobs {
  /** `isNew`: the caller fixed the group in this very turn, so nobody has submitted it; a look-up may be spared. */
  submit(group: JobGroup, isNew?: boolean): Promise<void>;
  /** `unknown`: never submitted, or forgotten. */
  state(job: JobIndex): Promise<'unknown' | 'waiting' | 'running' | 'ended'>;
  /** Ends a job that waits or runs; one that ended already, or is unknown, is left alone. With `id`, only the job of that id (a second job for one attempt). */
  terminate(job: JobIndex, reason: string, id?: string): Promise<void>;
}
