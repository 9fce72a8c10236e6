/**
 * Jobs of groups, found again by the group's name.
 *
 * 1. A name may have two jobs: SubmitJob has no idempotency token, and what was just submitted is not always listed.
 * 2. What is looked up is remembered for some seconds: a sweep asks for every member of a group, and gets a hundred with one request.
 *
 * @module
 */
import {
  type BatchClient,
  DescribeJobsCommand,
  type JobStatus,
  type JobSummary,
  ListJobsCommand,
} from '@aws-sdk/client-batch';
import type { Clock } from '../../ports/clock.ts';

export interface BatchJob {
  readonly id: string;
  /** Undefined: it was submitted by this process, and is not listed yet. */
  readonly status: JobStatus | undefined;
  /** Of an array; 1: a plain job. */
  readonly size: number;
}

export interface JobLookup {
  /** All jobs with this name in the queue, as of some seconds ago. */
  withName(queueArn: string, name: string): Promise<readonly BatchJob[]>;
  /** Whether there is one now. */
  exists(queueArn: string, name: string): Promise<boolean>;
  /** The status of one member; undefined if Batch knows nothing of it, or not yet. */
  status(job: BatchJob, index: number): Promise<JobStatus | undefined>;
  /** The job was just submitted. */
  remember(name: string, job: BatchJob): void;
}

/** As many as DescribeJobs takes. */
const MAX_DESCRIBED_JOBS = 100;
const CACHE_TTL_MS = 10_000;
const MAX_REMEMBERED_JOBS = 1000;

export function createJobLookup(client: BatchClient, clock: Clock): JobLookup {
  const submitted = new Map<string, BatchJob>();
  const cache = new Map<string, { readonly until: number; readonly value: Promise<unknown> }>();

  /** The answer of some seconds ago, or a new one. */
  function cached<T>(key: string, request: () => Promise<T>): Promise<T>;
  function cached(key: string, request: () => Promise<unknown>): Promise<unknown> {
    const now = clock.now();
    const entry = cache.get(key);
    if (entry !== undefined && entry.until > now) return entry.value;
    if (cache.size >= MAX_REMEMBERED_JOBS) cache.clear();
    const value = request();
    cache.set(key, { until: now + CACHE_TTL_MS, value });
    value.catch(() => cache.delete(key));
    return value;
  }

  async function listJobs(queueArn: string, name: string): Promise<readonly BatchJob[]> {
    const jobs = await listJobsNamed(client, queueArn, name);
    return jobs.flatMap(({ jobId, status, arrayProperties }) =>
      jobId !== undefined && arrayProperties?.index === undefined
        ? [{ id: jobId, status, size: arrayProperties?.size ?? 1 }]
        : [],
    );
  }

  async function describeChunk(
    { id, size }: BatchJob,
    first: number,
  ): Promise<ReadonlyMap<string, JobStatus>> {
    const ids =
      size === 1
        ? [id]
        : Array.from(
            { length: Math.min(MAX_DESCRIBED_JOBS, size - first) },
            (_, n) => `${id}:${first + n}`,
          );
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: ids }));
    return new Map(
      jobs.flatMap(({ jobId, status }) =>
        jobId === undefined || status === undefined ? [] : [[jobId, status]],
      ),
    );
  }

  return {
    async withName(queueArn, name) {
      const submittedJob = submitted.get(name);
      const listed = await cached(`list ${queueArn} ${name}`, () => listJobs(queueArn, name));
      return submittedJob === undefined || listed.some(({ id }) => id === submittedJob.id)
        ? listed
        : [...listed, submittedJob];
    },
    exists: async (queueArn, name) =>
      submitted.has(name) || (await listJobs(queueArn, name)).length > 0,
    async status(job, index) {
      const first = Math.floor(index / MAX_DESCRIBED_JOBS) * MAX_DESCRIBED_JOBS;
      const statuses = await cached(`describe ${job.id} ${first}`, () => describeChunk(job, first));
      const status = statuses.get(memberId(job, index));
      if (status !== undefined) return status;
      // Children come to be a moment after their array.
      return job.size > 1 && (job.status === 'SUBMITTED' || job.status === 'PENDING')
        ? job.status
        : undefined;
    },
    remember(name, job) {
      if (submitted.size >= MAX_REMEMBERED_JOBS) submitted.clear();
      submitted.set(name, job);
    },
  };
}

/** What Batch lists under exactly this name now. */
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

/** The id that Batch gives a member of the group. */
export const memberId = ({ id, size }: BatchJob, index: number): string =>
  size === 1 ? id : `${id}:${index}`;
