/**
 * Finds the jobs of groups by the group's name.
 *
 * 1. A name may have two jobs: SubmitJob has no idempotency token, and Batch does not always list a
 *    job that was just submitted.
 * 2. Answers of Batch are cached for some seconds: a sweep requests the status of every member of a
 *    group, and one request returns a hundred of them.
 *
 * @module
 */
import {
  type BatchClient,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  type JobStatus,
  type JobSummary,
  ListJobsCommand,
} from '@aws-sdk/client-batch';
import type { Clock } from '../../ports/clock.ts';
import type { QueueState } from './waiting-reasons.ts';

export interface BatchJob {
  readonly id: string;
  /** Undefined: this process submitted the job, and Batch does not list it yet. */
  readonly status: JobStatus | undefined;
  /** Members of an array; 1: a plain job. */
  readonly size: number;
}

export interface JobDetails {
  readonly status: JobStatus;
  readonly statusReason?: string | undefined;
}

export interface JobLookup {
  /** All jobs with this name in the queue, some seconds old at most. */
  withName(queueArn: string, name: string): Promise<readonly BatchJob[]>;
  /** Whether a job with this name exists now. */
  exists(queueArn: string, name: string): Promise<boolean>;
  /** The status of one member; undefined if Batch does not know the member, or not yet. */
  status(job: BatchJob, index: number): Promise<JobDetails | undefined>;
  /** The state of a queue, some seconds old at most. */
  queue(queueArn: string): Promise<QueueState | undefined>;
  /** Records a job that was just submitted. */
  remember(name: string, job: BatchJob): void;
}

/** The limit of DescribeJobs. */
const MAX_DESCRIBED_JOBS = 100;
const CACHE_TTL_MS = 10_000;
const MAX_REMEMBERED_JOBS = 1000;

export const createJobLookup = (client: BatchClient, clock: Clock): JobLookup =>
  new BatchJobLookup(client, clock);

class BatchJobLookup implements JobLookup {
  readonly #client: BatchClient;
  readonly #clock: Clock;
  readonly #submitted = new Map<string, BatchJob>();
  readonly #cache = new Map<string, { readonly until: number; readonly value: Promise<unknown> }>();

  constructor(client: BatchClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async withName(queueArn: string, name: string): Promise<readonly BatchJob[]> {
    const submittedJob = this.#submitted.get(name);
    const listed = await this.#cached(`list ${queueArn} ${name}`, () => this.#list(queueArn, name));
    return submittedJob === undefined || listed.some(({ id }) => id === submittedJob.id)
      ? listed
      : [...listed, submittedJob];
  }

  async exists(queueArn: string, name: string): Promise<boolean> {
    return this.#submitted.has(name) || (await this.#list(queueArn, name)).length > 0;
  }

  async status(job: BatchJob, index: number): Promise<JobDetails | undefined> {
    const first = Math.floor(index / MAX_DESCRIBED_JOBS) * MAX_DESCRIBED_JOBS;
    const described = await this.#cached(`describe ${job.id} ${first}`, () =>
      this.#describeFrom(job, first),
    );
    const details = described.get(memberId(job, index));
    if (details !== undefined) return details;
    // Batch creates the members of an array a moment after the array.
    return job.size > 1 && (job.status === 'SUBMITTED' || job.status === 'PENDING')
      ? { status: job.status }
      : undefined;
  }

  queue(queueArn: string): Promise<QueueState | undefined> {
    return this.#cached(`queue ${queueArn}`, async () => {
      const { jobQueues = [] } = await this.#client.send(
        new DescribeJobQueuesCommand({ jobQueues: [queueArn] }),
      );
      const [found] = jobQueues;
      if (found === undefined) return undefined;
      const { jobQueueName: name = '', state, status, statusReason } = found;
      return { name, state, status, statusReason };
    });
  }

  remember(name: string, job: BatchJob): void {
    if (this.#submitted.size >= MAX_REMEMBERED_JOBS) this.#submitted.clear();
    this.#submitted.set(name, job);
  }

  /** The cached answer (rule 2), or a new one. */
  #cached<T>(key: string, request: () => Promise<T>): Promise<T>;
  #cached(key: string, request: () => Promise<unknown>): Promise<unknown> {
    const now = this.#clock.now();
    const entry = this.#cache.get(key);
    if (entry !== undefined && entry.until > now) return entry.value;
    if (this.#cache.size >= MAX_REMEMBERED_JOBS) this.#cache.clear();
    const value = request();
    this.#cache.set(key, { until: now + CACHE_TTL_MS, value });
    value.catch(() => this.#cache.delete(key));
    return value;
  }

  async #list(queueArn: string, name: string): Promise<readonly BatchJob[]> {
    const jobs = await listJobsNamed(this.#client, queueArn, name);
    return jobs.flatMap(({ jobId, status, arrayProperties }) =>
      jobId !== undefined && arrayProperties?.index === undefined
        ? [{ id: jobId, status, size: arrayProperties?.size ?? 1 }]
        : [],
    );
  }

  /** The statuses of the members from `first` on, as many as one request returns. */
  async #describeFrom(
    { id, size }: BatchJob,
    first: number,
  ): Promise<ReadonlyMap<string, JobDetails>> {
    const ids =
      size === 1
        ? [id]
        : Array.from(
            { length: Math.min(MAX_DESCRIBED_JOBS, size - first) },
            (_, n) => `${id}:${first + n}`,
          );
    const { jobs = [] } = await this.#client.send(new DescribeJobsCommand({ jobs: ids }));
    return new Map(
      jobs.flatMap(({ jobId, status, statusReason }) =>
        jobId === undefined || status === undefined ? [] : [[jobId, { status, statusReason }]],
      ),
    );
  }
}

/** The jobs that Batch lists under exactly this name now. */
export async function listJobsNamed(
  client: BatchClient,
  queueArn: string,
  name: string,
): Promise<readonly JobSummary[]> {
  const jobs: JobSummary[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = await client.send(
      new ListJobsCommand({
        jobQueue: queueArn,
        filters: [{ name: 'JOB_NAME', values: [name] }],
        nextToken,
      }),
    );
    jobs.push(...(page.jobSummaryList ?? []).filter(({ jobName }) => jobName === name));
    if (page.nextToken === undefined) return jobs;
    nextToken = page.nextToken;
  }
}

/** The id of a member of the group in Batch. */
export const memberId = ({ id, size }: BatchJob, index: number): string =>
  size === 1 ? id : `${id}:${index}`;
