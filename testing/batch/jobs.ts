/**
 * The submitted jobs, by id, name and queue.
 *
 * @module
 */

import { type ArnScope, arnOf, nameIn } from './arns.ts';
import type { JobQueue } from './compute.ts';
import { jobDetail, jobSummary } from './detail.ts';
import { Refusal } from './errors.ts';
import { createJob, type Job, type JobSpec } from './job.ts';
import { page } from './pages.ts';
import type { ListJobs } from './shapes.ts';

export interface JobsOptions {
  readonly scope: ArnScope;
  /** How often DescribeJobs omits a new job. */
  readonly hiddenDescribes: number;
}

export class Jobs {
  readonly #options: JobsOptions;
  readonly #byId = new Map<string, Job>();
  readonly #byName = new Map<string, Job[]>();
  readonly #byQueue = new Map<JobQueue, Job[]>();
  readonly #hidden = new Map<string, number>();

  constructor(options: JobsOptions) {
    this.#options = options;
  }

  create(spec: JobSpec): Job {
    const id = crypto.randomUUID();
    const job = createJob(spec, id, arnOf(this.#options.scope, 'job', id), Date.now());
    for (const each of [job, ...(job.children ?? [])]) this.#byId.set(each.id, each);
    push(this.#byName, spec.name.toLowerCase(), job);
    push(this.#byQueue, spec.queue, job);
    if (this.#options.hiddenDescribes > 0) this.#hidden.set(id, this.#options.hiddenDescribes);
    return job;
  }

  get(id: string): Job | undefined {
    return this.#byId.get(id);
  }

  byArn(arn: string): Job | undefined {
    return this.#byId.get(nameIn(arn));
  }

  ofQueue(queue: JobQueue): readonly Job[] {
    return this.#byQueue.get(queue) ?? [];
  }

  /** Removes a job, as Batch does with jobs that ended long ago. */
  forget(id: string): void {
    const job = this.#byId.get(id);
    if (job === undefined) return;
    for (const each of [job, ...(job.children ?? [])]) this.#byId.delete(each.id);
    remove(this.#byName.get(job.spec.name.toLowerCase()), job);
    remove(this.#byQueue.get(job.spec.queue), job);
  }

  describe(ids: readonly string[]): readonly object[] {
    return ids.flatMap((id) => {
      const job = this.#byId.get(nameIn(id));
      return job === undefined || this.#isHidden(job.parent?.id ?? job.id) ? [] : [jobDetail(job)];
    });
  }

  #isHidden(id: string): boolean {
    const remaining = this.#hidden.get(id) ?? 0;
    if (remaining > 1) this.#hidden.set(id, remaining - 1);
    else this.#hidden.delete(id);
    return remaining > 0;
  }

  list(request: ListJobs, queueOf: (name: string) => JobQueue): object {
    const { items, ...more } = page(this.#find(request, queueOf), request);
    return { jobSummaryList: items.map(jobSummary), ...more };
  }

  /** Returns the newest jobs first; an array's children by index. */
  #find(
    { jobQueue, arrayJobId, multiNodeJobId, jobStatus = 'RUNNING', filters = [] }: ListJobs,
    queueOf: (name: string) => JobQueue,
  ): readonly Job[] {
    const selectors = [jobQueue, arrayJobId, multiNodeJobId].filter((each) => each !== undefined);
    if (selectors.length !== 1)
      throw new Refusal('Exactly one of jobQueue, arrayJobId and multiNodeJobId is required');
    if (jobQueue === undefined) {
      if (filters.length > 0)
        throw new Refusal('Filters cannot be used with arrayJobId or multiNodeJobId');
      const parent = this.#byId.get(arrayJobId ?? '');
      return (parent?.children ?? []).filter((child) => child.status === jobStatus);
    }
    const queue = queueOf(jobQueue);
    if (filters.length === 0)
      return this.ofQueue(queue)
        .filter((job) => job.status === jobStatus)
        .reverse();
    const [filter, ...others] = filters;
    if (filter?.name === undefined || others.length > 0)
      throw new Refusal('Exactly one filter is allowed');
    return this.#filtered(queue, filter.name, filter.values ?? []).toReversed();
  }

  #filtered(queue: JobQueue, name: string, values: readonly string[]): readonly Job[] {
    const [value = ''] = values;
    const all = this.ofQueue(queue);
    switch (name) {
      case 'JOB_NAME': {
        const lowered = value.toLowerCase();
        if (!lowered.endsWith('*'))
          return (this.#byName.get(lowered) ?? []).filter((job) => job.spec.queue === queue);
        return all.filter((job) => job.spec.name.toLowerCase().startsWith(lowered.slice(0, -1)));
      }
      case 'JOB_DEFINITION': {
        const lowered = nameIn(value).toLowerCase();
        return all.filter(({ spec: { definition } }) => {
          const full = `${definition.name}:${definition.revision}`.toLowerCase();
          return lowered.endsWith('*')
            ? full.startsWith(lowered.slice(0, -1))
            : full === lowered || definition.name.toLowerCase() === lowered;
        });
      }
      case 'BEFORE_CREATED_AT':
        return all.filter((job) => job.createdAt < Number(value));
      case 'AFTER_CREATED_AT':
        return all.filter((job) => job.createdAt > Number(value));
      default:
        throw new Refusal(
          `Filter ${name} is not one of JOB_NAME, JOB_DEFINITION, BEFORE_CREATED_AT and AFTER_CREATED_AT`,
        );
    }
  }
}

function push<K>(map: Map<K, Job[]>, key: K, job: Job): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [job]);
  else list.push(job);
}

function remove(list: Job[] | undefined, job: Job): void {
  const at = list?.indexOf(job) ?? -1;
  if (at >= 0) list?.splice(at, 1);
}
