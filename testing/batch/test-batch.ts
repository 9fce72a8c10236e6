/**
 * The setup of the emulator's own tests: a client, a compute environment with a queue, and
 * functions that wait for jobs.
 *
 * @module
 */
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobsCommand,
  type JobDetail,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
  SubmitJobCommand,
  type SubmitJobCommandInput,
} from '@aws-sdk/client-batch';
import { onTestFinished } from 'vitest';
import {
  type BatchEmulator,
  type BatchEmulatorOptions,
  type BatchEvent,
  startBatchEmulator,
  subprocessExecutor,
} from './index.ts';

export interface TestBatch {
  readonly emulator: BatchEmulator;
  readonly client: BatchClient;
  /** Every event so far. */
  readonly events: readonly BatchEvent[];
  /** Resolves with the job when the condition holds. The condition is checked at every event. */
  until(jobId: string, condition: (job: JobDetail) => boolean): Promise<JobDetail>;
  ended(jobId: string): Promise<JobDetail>;
  describe(jobId: string): Promise<JobDetail>;
  /** Registers a definition that runs `command`, and returns its ARN. */
  define(
    command: readonly string[],
    more?: Partial<RegisterJobDefinitionCommandInput>,
  ): Promise<string>;
  /** Submits to the queue `work`, and returns the job's id. */
  submit(jobDefinition: string, more?: Partial<SubmitJobCommandInput>): Promise<string>;
}

export interface TestBatchOptions extends Partial<BatchEmulatorOptions> {
  /** vCPUs of the compute environment `machines`. Default: 4. */
  readonly maxvCpus?: number;
  readonly computeType?: 'EC2' | 'SPOT' | 'FARGATE' | 'FARGATE_SPOT';
}

/** Options of `expect.poll`. The timeout is long, because the machine may run other tests. */
export const POLL_OPTIONS = { timeout: 30_000, interval: 20 };

/** The statuses of a job in the order of its events. */
export const statusesOf = (events: readonly BatchEvent[], jobId: string): readonly unknown[] =>
  events
    .filter(
      (event) => event['detail-type'] === 'Batch Job State Change' && event.detail.jobId === jobId,
    )
    .map(({ detail }) => detail.status);

/** An emulator with the queue `work`, stopped when the test ends. */
export async function startTestBatch({
  maxvCpus = 4,
  computeType = 'EC2',
  onEvent,
  ...options
}: TestBatchOptions = {}): Promise<TestBatch> {
  const events: BatchEvent[] = [];
  const waiting = new Set<() => void>();
  const emulator = await startBatchEmulator({
    executor: subprocessExecutor(),
    ...options,
    onEvent: async (event) => {
      await onEvent?.(event);
      events.push(event);
      for (const wake of waiting) wake();
    },
  });
  const client = new BatchClient({
    endpoint: emulator.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  });
  onTestFinished(async () => {
    client.destroy();
    await emulator.stop();
  });
  await client.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'machines',
      type: 'MANAGED',
      computeResources: { type: computeType, maxvCpus, subnets: ['subnet-1'] },
    }),
  );
  await client.send(
    new CreateJobQueueCommand({
      jobQueueName: 'work',
      priority: 1,
      computeEnvironmentOrder: [{ order: 1, computeEnvironment: 'machines' }],
    }),
  );

  const describe = async (jobId: string): Promise<JobDetail> => {
    const { jobs = [] } = await client.send(new DescribeJobsCommand({ jobs: [jobId] }));
    const [job] = jobs;
    if (job === undefined) throw new Error(`There is no job ${jobId}`);
    return job;
  };
  const until = async (
    jobId: string,
    condition: (job: JobDetail) => boolean,
  ): Promise<JobDetail> => {
    while (true) {
      const changed = new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
      const job = await describe(jobId);
      if (condition(job)) return job;
      await changed;
    }
  };
  let definitions = 0;
  return {
    emulator,
    client,
    events,
    until,
    ended: (jobId) => until(jobId, ({ status }) => status === 'SUCCEEDED' || status === 'FAILED'),
    describe,
    define: async (command, more = {}) => {
      definitions += 1;
      const { containerProperties, ...rest } = more;
      const { jobDefinitionArn = '' } = await client.send(
        new RegisterJobDefinitionCommand({
          jobDefinitionName: `definition-${definitions}`,
          type: 'container',
          ...(more.ecsProperties === undefined && {
            containerProperties: {
              image: 'image',
              command: [...command],
              resourceRequirements: [
                { type: 'VCPU', value: '1' },
                { type: 'MEMORY', value: '512' },
              ],
              ...containerProperties,
            },
          }),
          ...rest,
        }),
      );
      return jobDefinitionArn;
    },
    submit: async (jobDefinition, more = {}) => {
      const { jobId = '' } = await client.send(
        new SubmitJobCommand({ jobName: 'job', jobQueue: 'work', jobDefinition, ...more }),
      );
      return jobId;
    },
  };
}
