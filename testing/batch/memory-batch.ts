/**
 * AWS Batch in memory and in simulated time: jobs and arrays wait until the caller starts and
 * completes their containers. No container runs, and there is no protocol.
 *
 * @module
 */
import { z } from 'zod';

const variablesSchema = z.array(z.looseObject({ name: z.string(), value: z.string() })).default([]);
const containerSchema = z.looseObject({ environment: variablesSchema });
const submitSchema = z.looseObject({
  jobName: z.string(),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  arrayProperties: z.looseObject({ size: z.int().min(2) }).optional(),
  containerOverrides: containerSchema.optional(),
  ecsPropertiesOverride: z
    .looseObject({
      taskProperties: z.array(z.looseObject({ containers: z.array(containerSchema) })),
    })
    .optional(),
});
const inputSchema = z.looseObject({
  jobDefinitionName: z.string().optional(),
  jobId: z.string().optional(),
  reason: z.string().optional(),
  jobs: z.array(z.string()).optional(),
  jobQueue: z.string().optional(),
  jobQueues: z.array(z.string()).optional(),
  filters: z.array(z.looseObject({ values: z.array(z.string()) })).optional(),
});

type Status = 'RUNNABLE' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** One container: a plain job, or a member of an array. */
export interface BatchMember {
  readonly jobId: string;
  readonly jobName: string;
  readonly index: number;
  readonly isArray: boolean;
  readonly environment: Readonly<Record<string, string>>;
  status: Status;
  /** The reason of its TerminateJob request. */
  terminated: string | undefined;
}

interface Job {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly members: readonly BatchMember[];
}

export interface MemoryBatchHooks {
  now(): number;
  /** Receives each event of Batch. */
  emit(event: object): void;
}

export class UnsupportedBatchActionError extends Error {}
/** The request has more bytes than Batch accepts. */
export class BatchRequestTooLargeError extends Error {}

const MAX_DEFINITION_BYTES = 24 * 1024;
const MAX_SUBMISSION_BYTES = 30 * 1024;
const MAX_OVERRIDES_BYTES = 8192;

/** @throws BatchRequestTooLargeError */
function requireWithin(value: unknown, maxBytes: number, what: string): void {
  const bytes = Buffer.byteLength(JSON.stringify(value) ?? '');
  if (bytes > maxBytes)
    throw new BatchRequestTooLargeError(`${what} has ${bytes} bytes, more than ${maxBytes}`);
}

const isOver = ({ status }: BatchMember): boolean => status === 'SUCCEEDED' || status === 'FAILED';

export class MemoryBatch {
  readonly #hooks: MemoryBatchHooks;
  readonly #jobs = new Map<string, Job>();
  readonly #definitions = new Map<string, string>();

  constructor(hooks: MemoryBatchHooks) {
    this.#hooks = hooks;
  }

  get members(): readonly BatchMember[] {
    return [...this.#jobs.values()].flatMap(({ members }) => members);
  }

  /** Marks the next container that can start as running, and returns it. */
  start(): BatchMember | undefined {
    for (const { members } of this.#jobs.values()) {
      const next = members.find(({ status }) => status === 'RUNNABLE');
      if (next === undefined) continue;
      next.status = 'RUNNING';
      return next;
    }
    return undefined;
  }

  /** `statusReason` is the reason that Batch states, not that of the container. */
  complete(
    member: BatchMember,
    exitCode: number,
    statusReason = 'Essential container in task exited',
  ): void {
    const job = this.#jobs.get(member.jobId.split(':')[0] ?? '');
    if (isOver(member) || job === undefined) return;
    const ran = member.status === 'RUNNING';
    member.status = exitCode === 0 && member.terminated === undefined ? 'SUCCEEDED' : 'FAILED';
    const attempt = {
      startedAt: this.#hooks.now(),
      statusReason,
      container: { exitCode, logStreamName: `headrace/default/${job.id}` },
    };
    this.#emit(job, member.jobId, member.status, {
      statusReason: member.terminated ?? statusReason,
      ...(ran ? { attempts: [attempt], container: attempt.container } : {}),
      ...(member.isArray ? { arrayProperties: { index: member.index } } : {}),
    });
    if (!member.isArray || !job.members.every(isOver)) return;
    const isSuccess = job.members.every(({ status }) => status === 'SUCCEEDED');
    this.#emit(job, job.id, isSuccess ? 'SUCCEEDED' : 'FAILED', {
      arrayProperties: { size: job.members.length },
    });
  }

  /**
   * Answers a request of the Batch API.
   *
   * @throws UnsupportedBatchActionError, BatchRequestTooLargeError
   */
  request(action: string, body: unknown): object {
    const input = inputSchema.parse(body);
    switch (action) {
      case 'DescribeJobDefinitions':
        return { jobDefinitions: this.#definitionsNamed(input.jobDefinitionName ?? '') };
      case 'RegisterJobDefinition': {
        requireWithin(body, MAX_DEFINITION_BYTES, 'the job definition');
        const name = input.jobDefinitionName ?? '';
        const arn = `arn:aws:batch:us-east-1:000000000000:job-definition/${name}:1`;
        this.#definitions.set(name, arn);
        return { jobDefinitionArn: arn, jobDefinitionName: name, revision: 1 };
      }
      case 'SubmitJob': {
        requireWithin(body, MAX_SUBMISSION_BYTES, 'the request');
        const submission = submitSchema.parse(body);
        requireWithin(submission.containerOverrides, MAX_OVERRIDES_BYTES, 'the overrides');
        requireWithin(submission.ecsPropertiesOverride, MAX_OVERRIDES_BYTES, 'the overrides');
        return this.#submit(submission);
      }
      case 'ListJobs': {
        const listed = [...this.#jobs.values()].filter(
          ({ name, queue }) => queue === input.jobQueue && name === input.filters?.[0]?.values[0],
        );
        return { jobSummaryList: listed.map(summaryOf) };
      }
      case 'DescribeJobs': {
        const described = this.members.filter(({ jobId }) => input.jobs?.includes(jobId));
        return {
          jobs: described.map(({ jobId, jobName, status }) => ({ jobId, jobName, status })),
        };
      }
      case 'DescribeJobQueues':
        return {
          jobQueues: (input.jobQueues ?? []).map((jobQueueArn) => ({
            jobQueueArn,
            jobQueueName: jobQueueArn.split('/').at(-1),
            state: 'ENABLED',
            status: 'VALID',
          })),
        };
      case 'TerminateJob':
        this.#terminate(input.jobId ?? '', input.reason ?? '');
        return {};
      default:
        throw new UnsupportedBatchActionError(`the in-memory Batch does not implement ${action}`);
    }
  }

  #definitionsNamed(name: string): readonly object[] {
    const arn = this.#definitions.get(name);
    return arn === undefined
      ? []
      : [{ jobDefinitionArn: arn, jobDefinitionName: name, revision: 1, type: 'container' }];
  }

  #terminate(jobId: string, reason: string): void {
    const members = this.members.filter(
      (member) => member.jobId === jobId || member.jobId.startsWith(`${jobId}:`),
    );
    for (const member of members) {
      if (isOver(member)) continue;
      member.terminated = reason;
      this.complete(member, 143);
    }
  }

  #submit({
    jobName,
    jobQueue,
    arrayProperties,
    containerOverrides,
    ecsPropertiesOverride,
  }: z.infer<typeof submitSchema>): object {
    const overrides = [
      containerOverrides,
      ...(ecsPropertiesOverride?.taskProperties[0]?.containers ?? []),
    ];
    const environment = Object.fromEntries(
      overrides
        .flatMap((override) => override?.environment ?? [])
        .map(({ name, value }) => [name, value]),
    );
    const id = `${String(this.#jobs.size).padStart(8, '0')}-1f2e-4d3c-8b4a-5c6d7e8f9a0b`;
    const size = arrayProperties?.size ?? 1;
    const members = Array.from({ length: size }, (_, index): BatchMember => {
      const isArray = size > 1;
      return {
        jobId: isArray ? `${id}:${index}` : id,
        jobName,
        index,
        isArray,
        environment,
        status: 'RUNNABLE',
        terminated: undefined,
      };
    });
    this.#jobs.set(id, { id, name: jobName, queue: jobQueue, members });
    return { jobId: id, jobName };
  }

  #emit(job: Job, jobId: string, status: Status, more: object): void {
    const at = this.#hooks.now();
    this.#hooks.emit({
      source: 'aws.batch',
      'detail-type': 'Batch Job State Change',
      time: new Date(at).toISOString(),
      detail: { jobName: job.name, jobId, jobQueue: job.queue, status, stoppedAt: at, ...more },
    });
  }
}

function summaryOf({ id, name, members }: Job): object {
  const size = members.length;
  return {
    jobId: id,
    jobName: name,
    status: size > 1 ? 'PENDING' : members[0]?.status,
    ...(size > 1 ? { arrayProperties: { size } } : {}),
  };
}
