/**
 * A harness for the jobs port and the router on the Batch emulator. The test controls the
 * containers, events go through the router, and the messages to the run are recorded.
 *
 * @module
 */
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { onTestFinished } from 'vitest';
import { jobQueueName } from '../../../src/aws/deployment/resource-names.ts';
import { createBatchJobs } from '../../../src/aws/jobs/batch-jobs.ts';
import type { DeploymentSettings } from '../../../src/aws/jobs/job-definition.ts';
import { seal } from '../../../src/aws/messages/envelope.ts';
import { createTransitionRouter } from '../../../src/aws/messages/transition-router.ts';
import { jobName, type RunId } from '../../../src/model/ids.ts';
import type { Step } from '../../../src/model/step.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { JobGroup, Jobs } from '../../../src/ports/jobs.ts';
import type { Objects } from '../../../src/ports/objects.ts';
import type { Group, Tasks } from '../../../src/ports/tasks.ts';
import {
  type BatchEmulator,
  type BatchEmulatorOptions,
  type BatchEvent,
  startBatchEmulator,
} from '../../../testing/batch/index.ts';
import { type ManualExecutor, manualExecutor } from '../../../testing/batch/manual-executor.ts';
import { MemoryObjects } from '../../conformance/memory-objects.ts';
import { aHead, anInfo, aStep, runId } from '../../conformance/records.ts';
import { stepSpec } from '../../support/step-spec.ts';
import { silentLog } from './queue.ts';

export const SETTINGS: DeploymentSettings = {
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: '000000000000',
  projects: ['examples'],
  image: 'registry/headrace:1',
  runnerImage: 'registry/headrace-runner:1',
  assignPublicIp: true,
  queues: {
    cpu: { platform: 'fargate', spot: false, gpu: false },
    spot: { platform: 'ec2', spot: true, gpu: false },
    gpu: { platform: 'ec2', spot: false, gpu: true },
  },
  resources: { vcpus: 1, memoryMiB: 2048 },
  bucket: 'bucket',
  stepLogGroup: '/headrace/steps',
  transitionsUrl: 'https://sqs.us-east-1.amazonaws.com/000000000000/transitions.fifo',
};

export const RUN: RunId = runId(1);

export interface JobsUnderTest {
  readonly jobs: Jobs;
  readonly emulator: BatchEmulator;
  readonly client: BatchClient;
  readonly executor: ManualExecutor;
  readonly objects: Objects;
  readonly events: readonly BatchEvent[];
  /** The messages that were sent to the run. */
  readonly sent: readonly Transition[];
  /** The errors that the port logged. */
  readonly logged: readonly object[];
  /** The messages in the delay queue, with their remaining delays. */
  readonly delayed: readonly { readonly body: string; readonly seconds: number }[];
  /** Advances the clock, and delivers all delayed messages to the router. */
  advance(seconds: number): Promise<void>;
  /** Stores a group of `size` calls and its steps. */
  aGroup(number: number, size: number, over?: Partial<Omit<JobGroup, 'name'>>): JobGroup;
  setStep(call: number, over: Partial<Step>): void;
  setStatus(status: 'running' | 'aborting'): void;
  /** The port of another controller, with empty caches. */
  anotherController(): Jobs;
}

export async function startJobs(
  options: Partial<BatchEmulatorOptions> = {},
): Promise<JobsUnderTest> {
  const executor = manualExecutor();
  const events: BatchEvent[] = [];
  const sent: Transition[] = [];
  const logged: object[] = [];
  const delayed: { body: string; at: number }[] = [];
  const groups = new Map<string, Group>();
  const steps = new Map<number, Step>();
  const secret = Buffer.from('secret');
  let now = 1_800_000_000_000;
  let status: 'running' | 'aborting' = 'running';
  const clock = { now: () => now };
  const objects = new MemoryObjects();
  const tasks: Pick<Tasks, 'group' | 'run' | 'steps'> = {
    group: async (_, name) => groups.get(name),
    run: async (id) => ({ info: { ...anInfo(id), number: 1 }, head: aHead(id, { status }) }),
    steps: async (_, calls) => calls.flatMap((call) => steps.get(call) ?? []),
  };
  const delays = {
    send: async (messages: readonly { readonly transition: Transition; readonly at: number }[]) => {
      for (const { transition, at } of messages)
        delayed.push({ body: seal(transition, secret, { at }), at });
    },
  };
  const router = createTransitionRouter({
    tasks,
    transitions: {
      sendEach: async (some) => void sent.push(...some.map(({ transition }) => transition)),
    },
    delayQueue: delays,
    secret,
    clock,
    log: silentLog,
  });
  const route = async (body: string): Promise<void> => {
    if ((await router.route([{ id: '1', body }])).length > 0) throw new Error('not routed');
  };
  const emulator = await startBatchEmulator({
    executor,
    maxRunning: 64,
    ...options,
    eventPattern: {
      source: ['aws.batch'],
      'detail-type': ['Batch Job State Change', 'Batch Job Queue Blocked'],
    },
    onEvent: async (event) => {
      const { status } = event.detail;
      if (event['detail-type'] === 'Batch Job Queue Blocked') return route(JSON.stringify(event));
      if (status !== 'SUCCEEDED' && status !== 'FAILED') return;
      events.push(event);
      // No rule of the stack delivers successes.
      if (status === 'FAILED') await route(JSON.stringify(event));
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
  for (const [name, type] of [
    ['cpu', 'FARGATE'],
    ['spot', 'SPOT'],
    ['gpu', 'EC2'],
  ] as const) {
    await client.send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: name,
        type: 'MANAGED',
        computeResources: { type, maxvCpus: 64, subnets: ['subnet-1'] },
      }),
    );
    await client.send(
      new CreateJobQueueCommand({
        jobQueueName: jobQueueName(SETTINGS.prefix, name),
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: name }],
      }),
    );
  }
  const newJobs = () =>
    createBatchJobs({
      client,
      settings: SETTINGS,
      objects,
      tasks,
      clock,
      log: { ...silentLog, error: (event, data) => void logged.push({ event, ...data }) },
    });

  return {
    jobs: newJobs(),
    emulator,
    client,
    executor,
    objects,
    events,
    sent,
    logged,
    get delayed() {
      return delayed.map(({ body, at }) => ({ body, seconds: (at - now) / 1000 }));
    },
    async advance(seconds) {
      now += seconds * 1000;
      for (const { body } of delayed.splice(0)) await route(body);
    },
    aGroup(number, size, over = {}) {
      const name = jobName(RUN, 0, number);
      const calls = Array.from({ length: size }, (_, index) => number * 1000 + index);
      for (const call of calls) {
        const job = { name, index: call - number * 1000 };
        steps.set(
          call,
          aStep(call, {
            status: 'queued',
            attempts: [{ number: 1, status: 'queued', job, queuedAt: 1 }],
          }),
        );
      }
      const queue = over.queue ?? 'cpu';
      groups.set(name, {
        number,
        name,
        component: 'stepOne',
        queue,
        members: calls.map((call) => ({ call, attempt: 1 })),
      });
      const specs = calls.map((call) =>
        stepSpec({
          run: RUN,
          call,
          project: 'examples',
          token: `token-${number}`,
          outputPrefix: `p/examples/data/${RUN}/${call}/1`,
        }),
      );
      return { name, queue, specs, container: {}, ...over };
    },
    setStep(call, over) {
      const step = steps.get(call);
      if (step !== undefined) steps.set(call, { ...step, ...over });
    },
    setStatus(next) {
      status = next;
    },
    anotherController: newJobs,
  };
}
