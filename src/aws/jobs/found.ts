/**
 * Jobs of groups, found again by the group's name.
 *
 * 1. A name may have two jobs: SubmitJob has no idempotency token, and what was just submitted is not always listed.
 * 2. What is looked up is remembered for some seconds: a sweep asks for every member of a group, and gets a hundred with one request.
 *
 * @module
 */
import { type BatchClient, DescribeJobsCommand, type JobStatus, type JobSummary, ListJobsCommand } from '@aws-sdk/client-batch';
import type { Clock } from '../../ports/clock.ts';

export interface FoundJob {
  readonly id: string;
  /** Undefined: it was submitted by this process, and is not listed yet. */
  readonly status: JobStatus | undefined;
  /** Of an array; 1: a plain job. */
  readonly size: number;
}

export interface FoundJobs {
  /** All jobs with this name in the queue, as of some seconds ago. */
  named(queueArn: string, name: string): Promise<readonly FoundJob[]>;
  /** Whether there is one now. */
  exists(queueArn: string, name: string): Promise<boolean>;
  /** The status of one member; undefined if Batch knows nothing of it, or not yet. */
  status(job: FoundJob, index: number): Promise<JobStatus | undefined>;
  /** The job was just submitted. */
  remember(name: string, job: FoundJob): void;
}

/** As many as DescribeJobs takes. */
const CHUNK = 100;
const FRESH_MILLISECONDS = 10_000;
const MOST_REMEMBERED = 1000;

export function createFoundJobs(client: BatchClient, clock: Clock): FoundJobs {
  const submitted = new Map<string, FoundJob>();
  const fresh = new Map<string, { readonly until: number; readonly value: Promise<unknown> }>();

  /** The answer of some seconds ago, or a new one. */
  function recently<T>(key: string, ask: () => Promise<T>): Promise<T>;
  function recently(key: string, ask: () => Promise<unknown>): Promise<unknown> {
    const now = clock.now();
    const there = fresh.get(key);
    if (there !== undefined && there.until > now) return there.value;
    if (fresh.size >= MOST_REMEMBERED) fresh.clear();
    const value = ask();
    fresh.set(key, { until: now + FRESH_MILLISECONDS, value });
    value.catch(() => fresh.delete(key));
    return value;
  }

  async function list(queueArn: string, name: string): Promise<readonly FoundJob[]> {
    const jobs = await jobsNamed(client, queueArn, name);
    return jobs.flatMap(({ jobId, status, arrayProperties }) =>
      jobId !== undefined && arrayProperties?.index === undefined ? [{ id: jobId, status, size: arrayProperties?.size ?? 1 }] : [],
    );
  }

  async function chunk({ id, size }: FoundJob, first: number): Promise<ReadonlyMap<string, JobStatus>> {
    const ids = size === 1 ? [id] : Array.from({ length: Math.min(CHUNK, size - first) }, (_, n) => `${id}:${first + n}`);
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: ids }));
    return new Map(jobs.flatMap(({ jobId, status }) => (jobId === undefined || status === undefined ? [] : [[jobId, status]])));
  }

  return {
    async named(queueArn, name) {
      const own = submitted.get(name);
      const listed = await recently(`list ${queueArn} ${name}`, () => list(queueArn, name));
      return own === undefined || listed.some(({ id }) => id === own.id) ? listed : [...listed, own];
    },
    exists: async (queueArn, name) => submitted.has(name) || (await list(queueArn, name)).length > 0,
    async status(job, index) {
      const first = Math.floor(index / CHUNK) * CHUNK;
      const statuses = await recently(`describe ${job.id} ${first}`, () => chunk(job, first));
      const status = statuses.get(memberId(job, index));
      if (status !== undefined) return status;
      // Children come to be a moment after their array.
      return job.size > 1 && (job.status === 'SUBMITTED' || job.status === 'PENDING') ? job.status : undefined;
    },
    remember(name, job) {
      if (submitted.size >= MOST_REMEMBERED) submitted.clear();
      submitted.set(name, job);
    },
  };
}

/** What Batch lists under exactly this name now. */
export async function jobsNamed(client: BatchClient, queueArn: string, name: string): Promise<readonly JobSummary[]> {
  const jobs: JobSummary[] = [];
  for (let nextToken: string | undefined; ; ) {
    const page = await client.send(new ListJobsCommand({ jobQueue: queueArn, filters: [{ name: 'JOB_NAME', values: [name] }], nextToken }));
    jobs.push(...(page.jobSummaryList ?? []).filter(({ jobName }) => jobName === name));
    if (page.nextToken === undefined) return jobs;
    nextToken = page.nextToken;
  }
}

/** The id that Batch gives a member of the group. */
export const memberId = ({ id, size }: FoundJob, index: number): string => (size === 1 ? id : `${id}:${index}`);
