/**
 * A whole Headrace whose functions run as in Lambda: the synthesized stack's bundles in
 * environments, its queues, event sources, rules and schedules; DynamoDB, S3, secrets and the bus
 * in an emulator; jobs in the Batch emulator.
 *
 * ```ts
 * const host = await startHost({ executor: () => manualExecutor() });
 * await host.until(async () => (await host.tasks.run(id))?.head.status === 'completed');
 * await host.stop();
 * ```
 *
 * 1. The settings of functions, queues and event sources are read from the template, so that the
 *    tests run what would be deployed.
 * 2. While `until` waits and nothing is active, the clock skips to the next timer.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { HeadraceConfig } from '../../../lib/config.ts';
import { readSettings, type Settings } from '../../../src/aws/deployment/settings.ts';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../../src/aws/messages/transition-queue.ts';
import { s3Options } from '../../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { createDynamoTasks, type DynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import {
  type BatchEmulator,
  type BatchEvent,
  type Executor,
  startBatchEmulator,
} from '../../../testing/batch/index.ts';
import { Clock } from '../../../testing/clock/skippable-clock.ts';
import {
  type EventSource,
  type EventSourceOptions,
  startEventSource,
} from '../../../testing/lambda/event-source.ts';
import {
  type Functions,
  type FunctionsOptions,
  startFunctions,
} from '../../../testing/lambda/functions.ts';
import type { FunctionSpec, Invocation } from '../../../testing/lambda/invocation.ts';
import type { Queue } from '../../../testing/sqs/queue.ts';
import { type Sqs, startSqs } from '../../../testing/sqs/service.ts';
import { synthesize } from '../deployed/synth.ts';
import { jobRulesOf, queuesOf, withoutBatch } from '../deployed/template.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startMinistack } from '../harness/ministack.ts';
import { type DeployedFunction, type Deployment, readDeployment } from './deployment.ts';
import { makeQueues, makeResources } from './resources.ts';
import { type RestApi, startRestApi } from './rest-api.ts';
import { startSchedules } from './schedules.ts';
import { startGate, type Watch } from './service-gate.ts';

/** The services that a container uses. They are available once the deployment is complete. */
export interface ContainerServices {
  readonly clock: Clock;
  objects(): S3Objects;
  /** Sends messages as a step does, without the secret. */
  transitions(): SqsTransitions;
  batch(): BatchEmulator;
}

export interface HostOptions {
  readonly config?: HeadraceConfig;
  readonly executor: (services: ContainerServices) => Executor;
  /** Wraps each request of the functions; by default, requests go to the services directly. */
  readonly watch?: Watch;
  /** Returns the properties of a function that differ from the deployed ones. */
  readonly change?: (deployed: DeployedFunction) => Partial<FunctionSpec>;
  readonly source?: Pick<EventSourceOptions, 'onBatch' | 'onBatchEnd' | 'redelivers'>;
  /** How often an event of Batch is delivered to its targets. Default: once. */
  readonly eventCopies?: (event: BatchEvent) => number;
  readonly onInvocation?: (invocation: Invocation) => void;
  readonly onStart?: FunctionsOptions['onStart'];
  /** The path of the Node.js executable. */
  readonly node?: string;
}

export interface Host {
  /** The URL of the API. */
  readonly endpoint: string;
  /** Environment variables for clients in other processes. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly aws: Emulator;
  readonly batch: BatchEmulator;
  readonly sqs: Sqs;
  readonly functions: Functions;
  readonly deployment: Deployment;
  readonly settings: Settings;
  /** Reads and creates runs. */
  readonly tasks: DynamoTasks;
  readonly objects: S3Objects;
  readonly queues: { readonly transitions: Queue; readonly delays: Queue };
  /** The deployment's secret. */
  readonly secret: Buffer;
  /** Signs control transitions. */
  readonly transitions: SqsTransitions;
  readonly sources: readonly EventSource[];
  /**
   * Resolves when the condition holds; skips time while nothing is active. @throws Error after
   * twelve simulated hours
   */
  until(isDone: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

const STACK = 'headrace';
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const POLL_MS = 10;
/** Time is skipped only after so many polls without activity: a message may still be on its way. */
const QUIET_POLLS = 4;
const MAX_WAIT_MS = 12 * 3_600_000;
/** Environments per function: enough for one machine. */
const MAX_ENVIRONMENTS = 4;

export async function startHost(options: HostOptions): Promise<Host> {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-host-'));
  const closing: (() => unknown)[] = [
    () => rm(folder, { recursive: true, force: true, maxRetries: 3 }),
  ];
  const stop = async () => {
    for (const close of closing.splice(0).reverse()) await close();
  };
  try {
    return await assemble(options, folder, closing, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  options: HostOptions,
  folder: string,
  closing: (() => unknown)[],
  stop: () => Promise<void>,
): Promise<Host> {
  const { watch, change = () => ({}), eventCopies = () => 1 } = options;
  const closeLater = <T extends object>(it: T, close: (it: T) => unknown): T => {
    closing.push(() => close(it));
    return it;
  };
  const assembly = synthesize(join(folder, 'assembly'), STACK, {
    ...options.config,
    image: { uri: 'headrace/runner:host' },
  });
  const clock = closeLater(new Clock(), (it) => it.close());
  const aws = closeLater(await startMinistack(), (it) => it.stop());
  const sqs: Sqs = closeLater(await startSqs({ clock, publicUrl: () => gates.get('SQS') }), (it) =>
    it.stop(),
  );
  const schedules = closeLater(await startSchedules(clock, sqs), (it) => it.stop());

  const s3 = closeLater(
    new S3Client({ ...clientOptions(aws), ...s3Options(aws.environment) }),
    (it) => it.destroy(),
  );
  const sqsClient = closeLater(new SQSClient({ ...clientOptions(aws), endpoint: sqs.url }), (it) =>
    it.destroy(),
  );
  const dynamo = closeLater(new DynamoDBClient(clientOptions(aws)), (it) => it.destroy());
  const activity = { containers: 0 };
  const services: { objects?: S3Objects; transitions?: SqsTransitions } = {};
  const batch: BatchEmulator = closeLater(
    await startBatchEmulator({
      region: REGION,
      account: ACCOUNT,
      executor: countContainers(
        options.executor({
          clock,
          objects: () => required(services.objects),
          transitions: () => required(services.transitions),
          batch: () => batch,
        }),
        activity,
      ),
      stopGraceMs: 100,
    }),
    (it) => it.stop(),
  );

  const arns = await makeQueues(aws, batch.url, queuesOf(assembly.template));
  const template = withoutBatch(assembly.template, (queue) => arns.get(queue) ?? '', {});
  const gates = new Map<string, string>();
  const urls = {
    '': aws.endpoint,
    S3: aws.endpoint,
    SQS: sqs.url,
    BATCH: batch.url,
    SCHEDULER: schedules.url,
  };
  for (const [service, url] of Object.entries(urls)) {
    const isGated = watch !== undefined || service === 'S3';
    gates.set(
      service,
      isGated ? closeLater(await startGate(url, watch ?? {}), (it) => it.close()).url : url,
    );
  }
  const queueUrl = (name: string) => `${gates.get('SQS')}/${ACCOUNT}/${name}`;
  const deployment = readDeployment(assembly.folder, STACK, template, {
    account: ACCOUNT,
    region: REGION,
    queueUrl,
  });
  const secret = await makeResources(aws, deployment);
  for (const { name, attributes } of deployment.queues) sqs.create(name, attributes);

  const undelivered = new Map(
    deployment.functions.map(({ name, undelivered: arn }) => [name, arn]),
  );
  const functions = closeLater(
    await startFunctions({
      clock,
      shiftTime: true,
      concurrency: MAX_ENVIRONMENTS,
      functions: deployment.functions.map((deployed) => ({ ...deployed, ...change(deployed) })),
      environment: Object.fromEntries(
        [...gates].map(([service, url]) => [
          `AWS_ENDPOINT_URL${service === '' ? '' : `_${service}`}`,
          url,
        ]),
      ),
      onUndelivered: (name, payload) =>
        void sqs.queue(undelivered.get(name) ?? '')?.send({ body: payload }),
      ...(options.node !== undefined && { node: options.node }),
      ...(options.onInvocation !== undefined && { onInvocation: options.onInvocation }),
      ...(options.onStart !== undefined && { onStart: options.onStart }),
    }),
    (it) => it.stop(),
  );
  const controller = deployment.functions.find(({ name }) => name.endsWith('-controller'));
  const settings = readSettings(controller?.environment, controller?.bundle);
  const objects = createS3Objects({ client: s3, bucket: settings.bucket });
  services.objects = objects;
  services.transitions = createSqsTransitions({
    client: sqsClient,
    queueUrl: settings.transitionsUrl,
  });

  const queueOf = (name: string): Queue => required(sqs.queue(name));
  const sources = deployment.sources.map(
    ({ queue, maximumConcurrency = MAX_ENVIRONMENTS, ...source }) =>
      startEventSource({
        ...options.source,
        ...source,
        functions,
        queue: queueOf(queue),
        maximumConcurrency: Math.min(MAX_ENVIRONMENTS, maximumConcurrency),
      }),
  );
  for (const { id, pattern, queue } of jobRulesOf(template)) {
    const deliver = async (event: BatchEvent) => {
      for (let copy = eventCopies(event); copy > 0; copy -= 1)
        queueOf(queue).send({ body: JSON.stringify(event) });
    };
    batch.setTarget(id, { pattern, deliver });
  }
  for (const { functionName, minutes } of deployment.schedules)
    every(clock, minutes * 60_000, () => functions.invokeLater(functionName, { payload: '{}' }));
  const api: RestApi = closeLater(
    await startRestApi(
      functions,
      deployment.functions.find(({ name }) => name.endsWith('-api'))?.name ?? '',
    ),
    (it) => it.stop(),
  );
  closing.push(() => {
    for (const source of sources) source.close();
  });

  const queues = {
    transitions: queueOf(settings.transitionsUrl),
    delays: queueOf(settings.delaysUrl),
  };
  const isQuiet = () =>
    functions.busy === 0 && activity.containers === 0 && !sources.some(({ hasWork }) => hasWork);

  async function until(isDone: () => Promise<boolean>): Promise<void> {
    const startedAt = clock.now();
    for (let quiet = 0; !(await isDone()); ) {
      quiet = isQuiet() ? quiet + 1 : 0;
      if (quiet < QUIET_POLLS) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      else if (clock.skipToNext(startedAt + MAX_WAIT_MS)) quiet = 0;
      else throw new Error('no activity for hours of simulated time');
    }
  }

  return {
    endpoint: api.endpoint,
    environment: {
      ...aws.environment,
      AWS_ENDPOINT_URL_SQS: sqs.url,
      AWS_ENDPOINT_URL_BATCH: batch.url,
      AWS_ENDPOINT_URL_LAMBDA: functions.url,
    },
    clock,
    aws,
    batch,
    sqs,
    functions,
    deployment,
    settings,
    tasks: createDynamoTasks({
      client: dynamo,
      table: settings.tasksTable,
      role: 'reader',
      retention: settings.retention,
      clock,
    }),
    objects,
    queues,
    secret,
    transitions: createSqsTransitions({
      client: sqsClient,
      queueUrl: settings.transitionsUrl,
      secret,
    }),
    sources,
    until,
    stop,
  };
}

function required<T>(it: T | undefined): T {
  if (it === undefined) throw new Error('the deployment does not have it, or is not complete');
  return it;
}

function every(clock: Clock, intervalMs: number, act: () => Promise<void>): void {
  clock.at(clock.now() + intervalMs, () => {
    every(clock, intervalMs, act);
    void act().catch(() => undefined);
  });
}

/** Counts the running containers. */
function countContainers(executor: Executor, activity: { containers: number }): Executor {
  return {
    name: executor.name,
    close: () => executor.close(),
    async open(plan) {
      const task = await executor.open(plan);
      return {
        remove: () => task.remove(),
        async start(container, write) {
          activity.containers += 1;
          const running = await task.start(container, write);
          void running.ended.then(() => {
            activity.containers -= 1;
          });
          return running;
        },
      };
    },
  };
}
