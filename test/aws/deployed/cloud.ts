/**
 * A whole Headrace on this machine: the synthesized stack in an emulator of AWS, its jobs in the
 * Batch emulator, whose events go to the router's queues by the stack's rules.
 *
 * ```ts
 * const cloud = await startCloud();
 * await fetch(`${cloud.endpoint}/v1/runs`, …);
 * await cloud.stop();
 * ```
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
} from '@aws-sdk/client-batch';
import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { HeadraceConfig } from '../../../lib/config.ts';
import {
  type BatchEmulator,
  type BatchEmulatorOptions,
  cloudWatchSink,
  type Executor,
  secretsManagerReader,
  startBatchEmulator,
  subprocessExecutor,
} from '../../../testing/batch/index.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startEmulator } from '../harness/emulator.ts';
import { type Deployer, directly, emptyBuckets, type Outputs } from './deploy.ts';
import { localImages } from './local-image.ts';
import { type Assembly, synthesize, withTemplate } from './synth.ts';
import {
  jobRulesOf,
  queuesOf,
  type SynthesizedQueue,
  withApiAt,
  withoutBatch,
} from './template.ts';

export interface CloudOptions {
  readonly config?: HeadraceConfig;
  /** How the stack is deployed to the emulator. Default: by requests to CloudFormation. */
  readonly deployer?: Deployer;
  /** How containers run. Default: as processes of this machine. */
  readonly executor?: { readonly executor: Executor; readonly image: string };
  /** Environment variables of every container. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Faults and limits of the Batch emulator. */
  readonly batch?: Pick<
    BatchEmulatorOptions,
    'eventFaults' | 'arrayEvents' | 'hiddenDescribes' | 'maxRunning' | 'stopGraceMs' | 'secondMs'
  >;
}

export interface Cloud {
  /** The URL of the API for clients. */
  readonly endpoint: string;
  /** Environment variables for a process that uses it: endpoints, region, credentials. */
  readonly environment: Readonly<Record<string, string>>;
  readonly aws: Emulator;
  readonly batch: BatchEmulator;
  readonly outputs: Outputs;
  /** The name of the stack, and the prefix of all its names. */
  readonly prefix: string;
  /** Deploys a changed configuration. The queues stay as they are. */
  update(config: HeadraceConfig): Promise<Outputs>;
  stop(): Promise<void>;
}

const ACCOUNT = '000000000000';
const IMAGE = 'headrace/runner:local';

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const {
    config = {},
    deployer = directly,
    executor,
    environment = {},
    batch: batchOptions = {},
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'headrace-cloud-'));
  const image = executor?.image ?? IMAGE;
  mkdirSync(join(folder, 'image'));
  // A shared emulator may contain another stack, and this one must be removable.
  const isShared = (process.env.AWS_ENDPOINT_URL ?? '') !== '';
  const prefix = config.prefix ?? (isShared ? `hr-${randomUUID().slice(0, 8)}` : 'headrace');
  const assemblyOf = (changed: HeadraceConfig): Assembly => {
    const retention = isShared
      ? { retention: { ...changed.retention, onDelete: 'destroy' as const } }
      : {};
    return synthesize(mkdtempSync(join(folder, 'assembly-')), prefix, {
      ...changed,
      ...retention,
      prefix,
      image: { uri: image },
    });
  };
  const first = assemblyOf(config);
  const aws = await startEmulator();
  const region = aws.environment.AWS_REGION ?? 'us-east-1';
  const batch = await startBatchEmulator({
    ...batchOptions,
    region,
    account: ACCOUNT,
    executor:
      executor?.executor ??
      subprocessExecutor({ images: localImages(join(folder, 'image'), image) }),
    environment: { ...aws.environment, ...environment },
    logs: cloudWatchSink(new CloudWatchLogsClient(clientOptions(aws))),
    secrets: secretsManagerReader(new SecretsManagerClient(clientOptions(aws))),
  });
  let deployed: Assembly | undefined;
  const stop = async () => {
    await batch.stop();
    if (isShared && deployed !== undefined) {
      await emptyBuckets(aws, prefix);
      await deployer.destroy(aws, deployed);
    }
    await aws.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    const arns = await makeQueues(
      new BatchClient({ ...clientOptions(aws), endpoint: batch.url }),
      queuesOf(first.template),
    );
    const arnOf = (queue: string): string => arns.get(queue) ?? '';
    const deploy = async (assembly: Assembly): Promise<Outputs> => {
      deployed = withTemplate(
        assembly,
        withoutBatch(withApiAt(assembly.template, aws.endpoint), arnOf, {
          AWS_ENDPOINT_URL_BATCH: batch.url,
        }),
      );
      const outputs = await deployer.deploy(aws, deployed);
      await deliverEvents(aws, batch, deployed);
      return outputs;
    };
    const outputs = await deploy(first);
    return {
      endpoint: endpointOf(aws, outputs),
      environment: { ...aws.environment, AWS_ENDPOINT_URL_BATCH: batch.url },
      aws,
      batch,
      outputs,
      prefix,
      update: (changed) => deploy(assemblyOf(changed)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Creates queues like those of the template. @returns their ARNs by name */
async function makeQueues(
  client: BatchClient,
  queues: readonly SynthesizedQueue[],
): Promise<ReadonlyMap<string, string>> {
  const environments = new Map<string, string>();
  const arns = new Map<string, string>();
  for (const { name, priority, environment, computeResources } of queues) {
    let compute = environments.get(environment);
    if (compute === undefined) {
      const made = await client.send(
        new CreateComputeEnvironmentCommand({
          computeEnvironmentName: environment,
          type: 'MANAGED',
          computeResources,
        }),
      );
      compute = made.computeEnvironmentArn ?? '';
      environments.set(environment, compute);
    }
    const { jobQueueArn = '' } = await client.send(
      new CreateJobQueueCommand({
        jobQueueName: name,
        priority,
        state: 'ENABLED',
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: compute }],
      }),
    );
    arns.set(name, jobQueueArn);
  }
  client.destroy();
  return arns;
}

/** Delivers events by the stack's rules. The emulator delivers an event again if that fails. */
async function deliverEvents(
  aws: Emulator,
  batch: BatchEmulator,
  { stack, template }: Pick<Assembly, 'stack' | 'template'>,
): Promise<void> {
  const sqs = new SQSClient(clientOptions(aws));
  const formation = new CloudFormationClient(clientOptions(aws));
  const { StackResources = [] } = await formation.send(
    new DescribeStackResourcesCommand({ StackName: stack }),
  );
  formation.destroy();
  for (const { id, pattern, queue } of jobRulesOf(template)) {
    // The physical id of a queue is its URL.
    const QueueUrl = StackResources.find(
      ({ LogicalResourceId }) => LogicalResourceId === queue,
    )?.PhysicalResourceId;
    if (QueueUrl === undefined) throw new Error(`the stack ${stack} has no queue ${queue}`);
    batch.setTarget(id, {
      pattern,
      deliver: async (event) => {
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
      },
    });
  }
}

/**
 * The URL at which the emulator serves the API. The stack's output is the URL in AWS:
 * `https://<api>.execute-api.<host>/<stage>/`.
 */
export function endpointOf(aws: Emulator, { Endpoint = '' }: Outputs): string {
  const [, api, stage] = /^https:\/\/([^.]+)\.[^/]+\/([^/]+)\/$/.exec(Endpoint) ?? [];
  if (api === undefined) throw new Error(`the stack's output has no API endpoint: "${Endpoint}"`);
  return `${aws.endpoint}/restapis/${api}/${stage}/_user_request_`;
}
