/**
 * AWS Batch in memory: jobs and arrays whose containers start at a limited rate, and whose ends are
 * reported as events.
 *
 * @module
 */
import type { Ledger } from '../ledger.ts';
import type { SimulatedTime } from './time.ts';

/** A container that starts. */
export interface StartedContainer {
  readonly jobId: string;
  readonly index: number;
  readonly isArray: boolean;
  readonly environment: Readonly<Record<string, string>>;
}

export interface BatchOptions {
  readonly time: SimulatedTime;
  readonly ledger: Ledger;
  /** Containers that start at each full second. */
  readonly startsPerSecond: number;
  /** Runs a container from now on. Resolves to its end; `undefined` if it does not end. */
  run(
    container: StartedContainer,
  ): Promise<{ readonly at: number; readonly exitCode: number } | undefined>;
  /** Delivers the event of a job that ended. */
  sendEvent(event: object): Promise<void>;
}

interface Variable {
  readonly name?: string | undefined;
  readonly value?: string | undefined;
}
export interface BatchInput {
  readonly jobName?: string;
  readonly jobQueue?: string;
  readonly jobId?: string;
  readonly jobs?: readonly string[];
  readonly jobDefinitionName?: string;
  readonly filters?: readonly { readonly values?: readonly string[] }[];
  readonly arrayProperties?: { readonly size?: number };
  readonly containerOverrides?: { readonly environment?: readonly Variable[] };
  readonly ecsPropertiesOverride?: {
    readonly taskProperties?: readonly {
      readonly containers?: readonly { readonly environment?: readonly Variable[] }[];
    }[];
  };
}

type Status = 'RUNNABLE' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
interface Job {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly size: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly children: Status[];
}

const SECOND_MS = 1000;
/** From a container's end to the event that reports it. */
const EVENT_DELAY_MS = 5 * SECOND_MS;

export class MemoryBatch {
  readonly #options: BatchOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #definitions = new Map<string, string>();
  readonly #waiting: { readonly job: Job; readonly index: number }[] = [];
  #nextStartAt = 0;
  #isStartScheduled = false;
  /** Requests and their times. */
  readonly requests: { readonly command: string; readonly at: number }[] = [];

  constructor(options: BatchOptions) {
    this.#options = options;
  }

  handle(command: string, input: BatchInput, by: string): object {
    const { ledger, time } = this.#options;
    ledger.add('Batch', command.replace('Command', ''), by);
    this.requests.push({ command, at: time.now() });
    switch (command) {
      case 'DescribeJobDefinitionsCommand': {
        const arn = this.#definitions.get(input.jobDefinitionName ?? '');
        return { jobDefinitions: arn === undefined ? [] : [{ jobDefinitionArn: arn }] };
      }
      case 'RegisterJobDefinitionCommand': {
        const arn = `arn:aws:batch:us-east-1:000000000000:job-definition/${input.jobDefinitionName}:1`;
        this.#definitions.set(input.jobDefinitionName ?? '', arn);
        return { jobDefinitionArn: arn };
      }
      case 'SubmitJobCommand':
        return { jobId: this.#submit(input) };
      case 'ListJobsCommand': {
        const found = [...this.#jobs.values()].filter(
          ({ name }) => name === input.filters?.[0]?.values?.[0],
        );
        const summaries = found.map((job) => ({
          jobId: job.id,
          jobName: job.name,
          status: job.size > 1 ? 'PENDING' : job.children[0],
          ...(job.size > 1 ? { arrayProperties: { size: job.size } } : {}),
        }));
        return { jobSummaryList: summaries };
      }
      case 'DescribeJobsCommand': {
        const statuses = (input.jobs ?? []).map((jobId) => {
          const [id = '', index = '0'] = jobId.split(':');
          return { jobId, status: this.#jobs.get(id)?.children[Number(index)] };
        });
        return { jobs: statuses };
      }
      case 'TerminateJobCommand':
        return {};
      default:
        throw new Error(`the in-memory Batch does not implement ${command}`);
    }
  }

  count(command: string): number {
    return this.requests.filter((request) => request.command === command).length;
  }

  #submit({
    jobName = '',
    jobQueue = '',
    arrayProperties,
    containerOverrides,
    ecsPropertiesOverride,
  }: BatchInput): string {
    const overrides = [
      containerOverrides,
      ...(ecsPropertiesOverride?.taskProperties?.[0]?.containers ?? []),
    ];
    const variables = overrides.flatMap((override) => override?.environment ?? []);
    const job: Job = {
      id: `${String(this.#jobs.size).padStart(8, '0')}-1f2e-4d3c-8b4a-5c6d7e8f9a0b`,
      name: jobName,
      queue: jobQueue,
      size: arrayProperties?.size ?? 1,
      environment: Object.fromEntries(variables.map(({ name = '', value = '' }) => [name, value])),
      children: Array.from({ length: arrayProperties?.size ?? 1 }, () => 'RUNNABLE'),
    };
    this.#jobs.set(job.id, job);
    for (let index = 0; index < job.size; index += 1) this.#waiting.push({ job, index });
    this.#start();
    return job.id;
  }

  #start(): void {
    const { time, startsPerSecond } = this.#options;
    if (this.#isStartScheduled || this.#waiting.length === 0) return;
    this.#isStartScheduled = true;
    time.at(Math.max(time.now(), this.#nextStartAt), async () => {
      this.#isStartScheduled = false;
      this.#nextStartAt = time.now() + SECOND_MS;
      for (const { job, index } of this.#waiting.splice(0, startsPerSecond))
        await this.#run(job, index);
      this.#start();
    });
  }

  async #run(job: Job, index: number): Promise<void> {
    const { time, run } = this.#options;
    job.children[index] = 'RUNNING';
    const end = await run({
      jobId: childIdOf(job, index),
      index,
      isArray: job.size > 1,
      environment: job.environment,
    });
    if (end === undefined) return;
    const status = end.exitCode === 0 ? 'SUCCEEDED' : 'FAILED';
    time.at(end.at, () => {
      job.children[index] = status;
      const isLast = job.children.every((each) => each === 'SUCCEEDED' || each === 'FAILED');
      this.#report(job, index, end.exitCode);
      if (isLast && job.size > 1)
        this.#report(job, undefined, job.children.includes('FAILED') ? 1 : 0);
    });
  }

  #report(job: Job, index: number | undefined, exitCode: number): void {
    const { time, sendEvent } = this.#options;
    const at = time.now();
    const status = exitCode === 0 ? 'SUCCEEDED' : 'FAILED';
    const container = { exitCode, logStreamName: `headrace/default/${job.id}` };
    const detail = {
      jobName: job.name,
      jobId: index === undefined ? job.id : childIdOf(job, index),
      jobQueue: job.queue,
      status,
      stoppedAt: at,
      ...(index === undefined
        ? {}
        : {
            attempts: [
              { startedAt: at, statusReason: 'Essential container in task exited', container },
            ],
            container,
          }),
      ...(job.size === 1
        ? {}
        : { arrayProperties: index === undefined ? { size: job.size } : { index } }),
    };
    const event = {
      source: 'aws.batch',
      'detail-type': 'Batch Job State Change',
      time: new Date(at).toISOString(),
      detail,
    };
    time.at(at + EVENT_DELAY_MS, () => sendEvent(event));
  }
}

const childIdOf = ({ id, size }: Job, index: number): string =>
  size === 1 ? id : `${id}:${index}`;
