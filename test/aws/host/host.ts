/**
 * A whole Headrace whose functions live as they do in Lambda: the synthesized stack's bundles in
 * environments, its queues, event sources, rules and schedules, DynamoDB, S3, secrets and the bus
 * in an emulator, jobs in the Batch emulator.
 *
 * ```ts
 * const host = await startHost({ executor: () => manualExecutor() });
 * await host.until(async () => (await host.tasks.run(id))?.head.status === 'completed');
 * await host.stop();
 * ```
 *
 * 1. Settings of functions, queues and event sources are the template's: what is deployed is what
 *    is tested.
 * 2. While `until` waits and nothing moves, time is skipped to the next thing that is due.
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

/** What an executor needs to speak as containers do, once the deployment stands. */
export interface ContainerSide {
  readonly clock: Clock;
  objects(): S3Objects;
  /** Sends as a step does, which has no secret. */
  transitions(): SqsTransitions;
  batch(): BatchEmulator;
}

export interface HostOptions {
  readonly config?: HeadraceConfig;
  readonly executor: (side: ContainerSide) => Executor;
  /** Around each request of the functions; without it they reach the services directly. */
  readonly watch?: Watch;
  /** What of a function is other than deployed. */
  readonly change?: (deployed: DeployedFunction) => Partial<FunctionSpec>;
  readonly source?: Pick<EventSourceOptions, 'onBatch' | 'onEnd' | 'loses'>;
  /** How often an event of Batch reaches its targets. Default: once. */
  readonly times?: (event: BatchEvent) => number;
  readonly onInvocation?: (invocation: Invocation) => void;
  readonly onBegin?: FunctionsOptions['onBegin'];
  /** The program of Node. */
  readonly node?: string;
}

export interface Host {
  /** Of the API. */
  readonly endpoint: string;
  /** What clients outside need. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly aws: Emulator;
  readonly batch: BatchEmulator;
  readonly sqs: Sqs;
  readonly functions: Functions;
  readonly deployment: Deployment;
  readonly settings: Settings;
  /** Reads runs, and creates them. */
  readonly tasks: DynamoTasks;
  readonly objects: S3Objects;
  readonly queues: { readonly transitions: Queue; readonly delays: Queue };
  /** The deployment's secret. */
  readonly secret: Buffer;
  /** Signs control transitions. */
  readonly transitions: SqsTransitions;
  readonly sources: readonly EventSource[];
  /**
   * Resolves when `holds` does; skips time while nothing moves. @throws Error after twelve hours of
   * it
   */
  until(holds: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

const STACK = 'headrace';
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const LOOK_MS = 10;
/** Nothing must have moved for so many looks: what was sent may still be on its way. */
const QUIET_LOOKS = 4;
const HORIZON_MS = 12 * 3_600_000;
/** Environments of one function on one machine. */
const AT_ONCE = 4;

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
  const { watch, change = () => ({}), times = () => 1 } = options;
  const kept = <T extends object>(it: T, close: (it: T) => unknown): T => {
    closing.push(() => close(it));
    return it;
  };
  const assembly = synthesize(join(folder, 'assembly'), STACK, {
    ...options.config,
    image: { uri: 'headrace/runner:host' },
  });
  const clock = kept(new Clock(), (it) => it.close());
  const aws = kept(await startMinistack(), (it) => it.stop());
  const sqs: Sqs = kept(await startSqs({ clock, publicUrl: () => gates.get('SQS') }), (it) =>
    it.stop(),
  );
  const schedules = kept(await startSchedules(clock, sqs), (it) => it.stop());

  const s3 = kept(new S3Client({ ...clientOptions(aws), ...s3Options(aws.environment) }), (it) =>
    it.destroy(),
  );
  const sqsClient = kept(new SQSClient({ ...clientOptions(aws), endpoint: sqs.url }), (it) =>
    it.destroy(),
  );
  const dynamo = kept(new DynamoDBClient(clientOptions(aws)), (it) => it.destroy());
  const activity = { containers: 0 };
  const side: { objects?: S3Objects; transitions?: SqsTransitions } = {};
  const batch: BatchEmulator = kept(
    await startBatchEmulator({
      region: REGION,
      account: ACCOUNT,
      executor: counted(
        options.executor({
          clock,
          objects: () => there(side.objects),
          transitions: () => there(side.transitions),
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
  const services = {
    '': aws.endpoint,
    S3: aws.endpoint,
    SQS: sqs.url,
    BATCH: batch.url,
    SCHEDULER: schedules.url,
  };
  for (const [service, url] of Object.entries(services)) {
    const isGated = watch !== undefined || service === 'S3';
    gates.set(
      service,
      isGated ? kept(await startGate(url, watch ?? {}), (it) => it.close()).url : url,
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
  const functions = kept(
    await startFunctions({
      clock,
      shiftTime: true,
      concurrency: AT_ONCE,
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
      ...(options.onBegin !== undefined && { onBegin: options.onBegin }),
    }),
    (it) => it.stop(),
  );
  const settings = readSettings(
    deployment.functions.find(({ name }) => name.endsWith('-controller'))?.environment,
  );
  const objects = createS3Objects({ client: s3, bucket: settings.bucket });
  side.objects = objects;
  side.transitions = createSqsTransitions({ client: sqsClient, queueUrl: settings.transitionsUrl });

  const queueOf = (name: string): Queue => there(sqs.queue(name));
  const sources = deployment.sources.map(({ queue, maximumConcurrency = AT_ONCE, ...source }) =>
    startEventSource({
      ...options.source,
      ...source,
      functions,
      queue: queueOf(queue),
      maximumConcurrency: Math.min(AT_ONCE, maximumConcurrency),
    }),
  );
  for (const { id, pattern, functionName } of jobRulesOf(template)) {
    const deliver = async (event: BatchEvent) => {
      for (let time = times(event); time > 0; time -= 1)
        await functions.invokeLater(functionName, { payload: JSON.stringify(event) });
    };
    // A target that answers late must not hold up what a job does next.
    batch.setTarget(id, { pattern, deliver: async (event) => void deliver(event) });
  }
  for (const { functionName, minutes } of deployment.schedules)
    every(clock, minutes * 60_000, () => functions.invokeLater(functionName, { payload: '{}' }));
  const api: RestApi = kept(
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

  async function until(holds: () => Promise<boolean>): Promise<void> {
    const begin = clock.now();
    for (let quiet = 0; !(await holds()); ) {
      quiet = isQuiet() ? quiet + 1 : 0;
      if (quiet < QUIET_LOOKS) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      else if (clock.skipToNext(begin + HORIZON_MS)) quiet = 0;
      else throw new Error('nothing moves any more, for hours');
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
      retentionDays: settings.retentionDays,
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

function there<T>(it: T | undefined): T {
  if (it === undefined) throw new Error('the deployment does not have it, or not yet');
  return it;
}

function every(clock: Clock, milliseconds: number, act: () => Promise<void>): void {
  clock.at(clock.now() + milliseconds, () => {
    every(clock, milliseconds, act);
    void act().catch(() => undefined);
  });
}

/** Counts the containers that run. */
function counted(executor: Executor, activity: { containers: number }): Executor {
  return {
    name: executor.name,
    close: () => executor.close(),
    async open(task) {
      const place = await executor.open(task);
      return {
        remove: () => place.remove(),
        async start(container, write) {
          activity.containers += 1;
          const running = await place.start(container, write);
          void running.ended.then(() => {
            activity.containers -= 1;
          });
          return running;
        },
      };
    },
  };
}
