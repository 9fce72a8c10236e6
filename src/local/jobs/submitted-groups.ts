/**
 * The jobs that were submitted to this process, by group.
 *
 * A group stays known after its jobs ended, so that a group that is submitted twice does not run
 * twice.
 *
 * @module
 */
import type { JobSettings } from '../../model/container-settings.ts';
import type { JobIndex } from '../../model/ids.ts';
import type { StepSpec } from '../../model/spec.ts';
import type { JobGroup, Jobs } from '../../ports/jobs.ts';
import type { RunningJob } from './running-job.ts';

export interface SubmittedJob {
  readonly index: JobIndex;
  readonly queue: string;
  readonly spec: StepSpec;
  /** Undefined if the step needs the files of this machine. */
  readonly container: JobSettings | undefined;
  readonly submittedAt: number;
  state: 'waiting' | 'running' | 'ended';
  running: RunningJob | undefined;
}

type JobState = Awaited<ReturnType<Jobs['state']>>;

/** A job of the group that is not in `unfinished` has ended. */
interface SubmittedGroup {
  readonly size: number;
  readonly unfinished: Map<number, SubmittedJob>;
}

const NO_JOBS = new Map<number, SubmittedJob>();

export class SubmittedGroups {
  readonly #groups = new Map<string, SubmittedGroup>();

  has(name: string): boolean {
    return this.#groups.has(name);
  }

  /** Adds the group, and returns its jobs in order. Jobs that `isWanted` rejects count as ended. */
  add(
    { name, queue, specs, container: settings, readsHostFiles }: JobGroup,
    isWanted: (spec: StepSpec) => boolean,
    submittedAt: number,
  ): readonly SubmittedJob[] {
    const container = readsHostFiles === true ? undefined : settings;
    const jobs = specs
      .map((spec, index): SubmittedJob => {
        return {
          index: { name, index },
          queue,
          spec,
          container,
          submittedAt,
          state: 'waiting',
          running: undefined,
        };
      })
      .filter(({ spec }) => isWanted(spec));
    this.#groups.set(name, {
      size: specs.length,
      unfinished: new Map(jobs.map((job) => [job.index.index, job])),
    });
    return jobs;
  }

  unfinishedJob({ name, index }: JobIndex): SubmittedJob | undefined {
    return this.#groups.get(name)?.unfinished.get(index);
  }

  stateOf({ name, index }: JobIndex): JobState {
    const group = this.#groups.get(name);
    if (group === undefined || index >= group.size) return 'unknown';
    return group.unfinished.get(index)?.state ?? 'ended';
  }

  markEnded(job: SubmittedJob): void {
    job.state = 'ended';
    const { name, index } = job.index;
    const group = this.#groups.get(name);
    group?.unfinished.delete(index);
    if (group?.unfinished.size === 0)
      this.#groups.set(name, { size: group.size, unfinished: NO_JOBS });
  }

  /** The jobs that wait or run. */
  unfinished(): readonly SubmittedJob[] {
    return [...this.#groups.values()].flatMap(({ unfinished }) => [...unfinished.values()]);
  }

  running(): readonly RunningJob[] {
    return this.unfinished().flatMap(({ running }) => running ?? []);
  }
}
