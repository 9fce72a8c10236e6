/**
 * The load of the queues of a deployment, from the lists of AWS Batch.
 *
 * 1. A measurement of a queue is five requests, and one more for each further hundred jobs of a
 *    status, up to a limit. It is used for 30 seconds, by all requests to this instance: also by
 *    those that arrive before it is complete.
 * 2. A failed measurement is not kept. If Batch refuses requests because of their rate, the caller
 *    is requested to wait: the controller shares the quota.
 * 3. Batch does not execute the steps of queues on Lambda. Their load is unknown.
 *
 * @module
 */
import { type BatchClient, type JobSummary, ListJobsCommand } from '@aws-sdk/client-batch';
import type { Clock } from '../../ports/clock.ts';
import {
  type QueueLoad,
  type QueueLoads,
  QueuesBusyError,
  type QueueWaiters,
} from '../../ports/queue-loads.ts';
import { jobQueueArn, jobQueueName } from '../deployment/resource-names.ts';
import { batchQueueNamed, type Settings } from '../deployment/settings.ts';
import { isThrottling } from '../temporary-refusals.ts';
import { readCapacities } from './queue-capacities.ts';
import {
  type ListedJobs,
  type MeasuredJobs,
  measureJobs,
  UNFINISHED_STATUSES,
} from './queue-jobs.ts';

export interface BatchQueueLoadsOptions {
  readonly client: BatchClient;
  readonly settings: Pick<Settings, 'queues' | 'prefix' | 'partition' | 'region' | 'account'>;
  readonly clock: Clock;
}

const MAX_AGE_MS = 30_000;
/** Of one status of a queue. A page has 100 jobs, each of which may be an array of 10,000. */
const MAX_PAGES = 5;
const JOBS_PER_PAGE = 100;
/** Queues that are measured at the same time, each with one request at a time. */
const MAX_PARALLEL_QUEUES = 4;
const RETRY_AFTER_SECONDS = 5;

export const createBatchQueueLoads = (options: BatchQueueLoadsOptions): QueueLoads =>
  new BatchQueueLoads(options);

class BatchQueueLoads implements QueueLoads {
  readonly #options: BatchQueueLoadsOptions;
  readonly #jobs: RecentReads<MeasuredJobs>;
  readonly #capacities: RecentReads<Awaited<ReturnType<typeof readCapacities>>>;

  constructor(options: BatchQueueLoadsOptions) {
    this.#options = options;
    this.#jobs = new RecentReads(options.clock);
    this.#capacities = new RecentReads(options.clock);
  }

  async loads(queues: readonly string[]): Promise<ReadonlyMap<string, QueueLoad>> {
    const own = queues.filter((queue) => this.#isBatchQueue(queue));
    if (own.length === 0) return new Map();
    const capacities = await this.#readCapacities();
    const loads = new Map<string, QueueLoad>();
    for (let from = 0; from < own.length; from += MAX_PARALLEL_QUEUES)
      await Promise.all(
        own.slice(from, from + MAX_PARALLEL_QUEUES).map(async (queue) => {
          const { load } = await this.#measure(queue);
          loads.set(queue, { ...load, vcpus: capacities.get(this.#jobQueueName(queue)) ?? null });
        }),
      );
    return loads;
  }

  async waiters(queue: string): Promise<QueueWaiters | undefined> {
    return this.#isBatchQueue(queue) ? (await this.#measure(queue)).waiters : undefined;
  }

  #isBatchQueue(queue: string): boolean {
    return batchQueueNamed(this.#options.settings, queue) !== undefined;
  }

  #jobQueueName(queue: string): string {
    return jobQueueName(this.#options.settings.prefix, queue);
  }

  /** Of all queues at once: the number of requests does not depend on that of the queues. */
  #readCapacities(): Promise<Awaited<ReturnType<typeof readCapacities>>> {
    const names = Object.keys(this.#options.settings.queues)
      .filter((queue) => this.#isBatchQueue(queue))
      .map((queue) => this.#jobQueueName(queue));
    return this.#capacities.read('', () => readCapacities(this.#options.client, names));
  }

  #measure(queue: string): Promise<MeasuredJobs> {
    return this.#jobs.read(queue, async () => {
      const measuredAt = this.#options.clock.now();
      const listed: ListedJobs[] = [];
      for (const status of UNFINISHED_STATUSES)
        listed.push({ status, ...(await this.#list(queue, status)) });
      return measureJobs(listed, measuredAt);
    });
  }

  async #list(
    queue: string,
    jobStatus: ListedJobs['status'],
  ): Promise<Pick<ListedJobs, 'jobs' | 'more'>> {
    const { client, settings } = this.#options;
    const jobQueue = jobQueueArn(settings, settings.prefix, queue);
    const jobs: JobSummary[] = [];
    let nextToken: string | undefined;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const found = await client.send(
        new ListJobsCommand({ jobQueue, jobStatus, maxResults: JOBS_PER_PAGE, nextToken }),
      );
      jobs.push(...(found.jobSummaryList ?? []));
      ({ nextToken } = found);
      if (nextToken === undefined) return { jobs, more: false };
    }
    return { jobs, more: true };
  }
}

/** Results of reads by key, shared and kept for a while (1, 2). */
class RecentReads<T> {
  readonly #clock: Clock;
  readonly #entries = new Map<string, { readonly until: number; readonly value: Promise<T> }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  read(key: string, request: () => Promise<T>): Promise<T> {
    const now = this.#clock.now();
    const known = this.#entries.get(key);
    if (known !== undefined && known.until > now) return known.value;
    const value = request().catch((error: unknown) => {
      this.#entries.delete(key);
      throw error instanceof Error && isThrottling(error)
        ? new QueuesBusyError(RETRY_AFTER_SECONDS, { cause: error })
        : error;
    });
    this.#entries.set(key, { until: now + MAX_AGE_MS, value });
    return value;
  }
}
