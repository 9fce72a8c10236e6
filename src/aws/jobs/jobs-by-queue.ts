/**
 * The jobs port of a deployment: each group belongs to AWS Batch or to functions, by its queue.
 *
 * @module
 */
import { type JobIndex, jobNameParts } from '../../model/ids.ts';
import type { JobGroup, Jobs, LaunchRefusal } from '../../ports/jobs.ts';
import type { Tasks } from '../../ports/tasks.ts';
import { queueNamed, type Settings } from '../deployment/settings.ts';

export interface JobsByQueueOptions {
  readonly settings: Pick<Settings, 'queues'>;
  readonly tasks: Pick<Tasks, 'group'>;
  readonly batch: Jobs;
  readonly lambda: Jobs;
}

const MAX_REMEMBERED_GROUPS = 1000;

export const createJobsByQueue = (options: JobsByQueueOptions): Jobs => new JobsByQueue(options);

class JobsByQueue implements Jobs {
  readonly #options: JobsByQueueOptions;
  /** Queues by group. Groups never change. */
  readonly #queues = new Map<string, string>();

  constructor(options: JobsByQueueOptions) {
    this.#options = options;
  }

  submit(
    group: JobGroup,
    isNew?: boolean,
    started?: ReadonlySet<number>,
  ): Promise<LaunchRefusal | undefined> {
    return this.#of(group.queue).submit(group, isNew, started);
  }

  findsJobs(queue: string): boolean {
    return this.#of(queue).findsJobs(queue);
  }

  async state(job: JobIndex): Promise<Awaited<ReturnType<Jobs['state']>>> {
    return (await this.#launcherOf(job.name)).state(job);
  }

  async waitingReason(job: JobIndex, queuedAt: number): Promise<string | undefined> {
    return (await this.#launcherOf(job.name)).waitingReason?.(job, queuedAt);
  }

  async terminate(job: JobIndex, reason: string, id?: string): Promise<void> {
    return (await this.#launcherOf(job.name)).terminate(job, reason, id);
  }

  reportsTermination(queue: string): boolean {
    return this.#of(queue).reportsTermination(queue);
  }

  #of(queue: string): Jobs {
    const { settings, batch, lambda } = this.#options;
    return queueNamed(settings, queue)?.platform === 'lambda' ? lambda : batch;
  }

  async #launcherOf(name: string): Promise<Jobs> {
    const { tasks, settings, batch } = this.#options;
    // Without such a queue no group needs to be read.
    if (!Object.values(settings.queues).some(({ platform }) => platform === 'lambda')) return batch;
    const known = this.#queues.get(name);
    if (known !== undefined) return this.#of(known);
    const queue = (await tasks.group(jobNameParts(name).run, name))?.queue ?? '';
    if (this.#queues.size >= MAX_REMEMBERED_GROUPS) this.#queues.clear();
    this.#queues.set(name, queue);
    return this.#of(queue);
  }
}
