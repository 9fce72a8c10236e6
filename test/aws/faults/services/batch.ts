/**
 * AWS Batch in memory: jobs and arrays wait until the simulation starts them, and report their
 * completion as events.
 *
 * @module
 */
import { z } from 'zod';
import type { AwsRequest } from '../calls.ts';
import { type Answer, failed, json } from './answer.ts';

const pairs = z.array(z.looseObject({ name: z.string(), value: z.string() })).default([]);
const container = z.looseObject({ environment: pairs });
const submitSchema = z.looseObject({
  jobName: z.string(),
  jobQueue: z.string(),
  jobDefinition: z.string(),
  arrayProperties: z.looseObject({ size: z.int().min(2) }).optional(),
  containerOverrides: container.optional(),
  ecsPropertiesOverride: z
    .looseObject({ taskProperties: z.array(z.looseObject({ containers: z.array(container) })) })
    .optional(),
});
const inputSchema = z.looseObject({
  jobDefinitionName: z.string().optional(),
  jobId: z.string().optional(),
  reason: z.string().optional(),
  jobs: z.array(z.string()).optional(),
  jobQueue: z.string().optional(),
  filters: z.array(z.looseObject({ values: z.array(z.string()) })).optional(),
});

type Status = 'RUNNABLE' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';

/** One container: a plain job, or a member of an array. */
export interface Member {
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
  readonly members: readonly Member[];
}

export interface BatchHooks {
  now(): number;
  /** Receives each event of Batch. */
  emit(event: object): void;
}

export class Batch {
  readonly #hooks: BatchHooks;
  readonly #jobs = new Map<string, Job>();
  readonly #definitions = new Map<string, string>();

  constructor(hooks: BatchHooks) {
    this.#hooks = hooks;
  }

  get members(): readonly Member[] {
    return [...this.#jobs.values()].flatMap(({ members }) => members);
  }

  /** The next container that can start. */
  start(): Member | undefined {
    const next = this.members.find(({ status }) => status === 'RUNNABLE');
    if (next !== undefined) next.status = 'RUNNING';
    return next;
  }

  /** `statusReason` is the reason that Batch states, not that of the container. */
  complete(
    member: Member,
    exitCode: number,
    statusReason = 'Essential container in task exited',
  ): void {
    if (member.status === 'SUCCEEDED' || member.status === 'FAILED') return;
    const ran = member.status === 'RUNNING';
    member.status = exitCode === 0 && member.terminated === undefined ? 'SUCCEEDED' : 'FAILED';
    const at = this.#hooks.now();
    const attempt = {
      startedAt: at,
      statusReason,
      container: { exitCode, logStreamName: `log/${member.jobId}` },
    };
    this.#emit(member.jobName, member.jobId, member.status, {
      statusReason: member.terminated ?? statusReason,
      ...(ran ? { attempts: [attempt], container: attempt.container } : {}),
      ...(member.isArray ? { arrayProperties: { index: member.index } } : {}),
    });
    const job = this.#jobs.get(member.jobId.split(':')[0] ?? '');
    if (
      !member.isArray ||
      job === undefined ||
      !job.members.every(({ status }) => status === 'SUCCEEDED' || status === 'FAILED')
    )
      return;
    const status = job.members.every((each) => each.status === 'SUCCEEDED')
      ? 'SUCCEEDED'
      : 'FAILED';
    this.#emit(job.name, job.id, status, { arrayProperties: { size: job.members.length } });
  }

  answer(action: string, { body }: AwsRequest): Answer {
    const payload: unknown = JSON.parse(body.toString());
    const input = inputSchema.parse(payload);
    switch (action) {
      case 'DescribeJobDefinitions': {
        const arn = this.#definitions.get(input.jobDefinitionName ?? '');
        return json({
          jobDefinitions:
            arn === undefined
              ? []
              : [
                  {
                    jobDefinitionArn: arn,
                    jobDefinitionName: input.jobDefinitionName,
                    revision: 1,
                    type: 'container',
                  },
                ],
        });
      }
      case 'RegisterJobDefinition': {
        const arn = `arn:aws:batch:us-east-1:000000000000:job-definition/${input.jobDefinitionName}:1`;
        this.#definitions.set(input.jobDefinitionName ?? '', arn);
        return json({
          jobDefinitionArn: arn,
          jobDefinitionName: input.jobDefinitionName,
          revision: 1,
        });
      }
      case 'SubmitJob':
        return this.#submit(submitSchema.parse(payload));
      case 'ListJobs': {
        const found = [...this.#jobs.values()].filter(
          ({ name, queue }) => queue === input.jobQueue && name === input.filters?.[0]?.values[0],
        );
        const summary = ({ id, name, members }: Job) => ({
          jobId: id,
          jobName: name,
          status: members.length > 1 ? 'PENDING' : members[0]?.status,
          ...(members.length > 1 ? { arrayProperties: { size: members.length } } : {}),
        });
        return json({ jobSummaryList: found.map(summary) });
      }
      case 'DescribeJobs': {
        const jobs = this.members
          .filter(({ jobId }) => input.jobs?.includes(jobId))
          .map(({ jobId, jobName, status }) => ({ jobId, jobName, status }));
        return json({ jobs });
      }
      case 'TerminateJob': {
        const { jobId = '', reason = '' } = input;
        const members = this.members.filter(
          (member) => member.jobId === jobId || member.jobId.startsWith(`${jobId}:`),
        );
        for (const member of members) {
          if (member.status === 'SUCCEEDED' || member.status === 'FAILED') continue;
          member.terminated = reason;
          this.complete(member, 143);
        }
        return json({});
      }
      default:
        return failed('batch', 404, 'ClientException', `${action} is not supported`);
    }
  }

  #submit({
    jobName,
    jobQueue,
    arrayProperties,
    containerOverrides,
    ecsPropertiesOverride,
  }: z.infer<typeof submitSchema>): Answer {
    const overrides = [
      containerOverrides,
      ...(ecsPropertiesOverride?.taskProperties[0]?.containers ?? []),
    ];
    const environment = Object.fromEntries(
      overrides.flatMap((each) => each?.environment ?? []).map(({ name, value }) => [name, value]),
    );
    const id = `${String(this.#jobs.size).padStart(8, '0')}-1f2e-4d3c-8b4a-5c6d7e8f9a0b`;
    const size = arrayProperties?.size ?? 1;
    const members = Array.from({ length: size }, (_, index): Member => {
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
    return json({ jobId: id, jobName });
  }

  #emit(jobName: string, jobId: string, status: Status, more: object): void {
    const at = this.#hooks.now();
    this.#hooks.emit({
      source: 'aws.batch',
      'detail-type': 'Batch Job State Change',
      time: new Date(at).toISOString(),
      detail: { jobName, jobId, status, stoppedAt: at, ...more },
    });
  }
}
