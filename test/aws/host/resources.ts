/**
 * Creates the resources that a deployment needs before its functions start: tables, buckets,
 * secrets and buses in an emulator, queues in the Batch emulator.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
} from '@aws-sdk/client-batch';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SynthesizedQueue } from '../deployed/template.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import type { Deployment } from './deployment.ts';

/** @returns the text of the deployment's secret */
export async function makeResources(
  aws: Emulator,
  { tables, buckets, secrets, buses }: Deployment,
): Promise<Buffer> {
  const options = clientOptions(aws);
  const [dynamo, s3, manager, bridge] = [
    new DynamoDBClient(options),
    new S3Client({ ...options, forcePathStyle: true }),
    new SecretsManagerClient(options),
    new EventBridgeClient(options),
  ];
  const text = randomBytes(48).toString('base64url');
  for (const { name, definition } of tables) {
    const input: CreateTableCommandInput = { ...definition, TableName: name };
    await dynamo.send(new CreateTableCommand(input));
    await waitUntilTableExists(
      { client: dynamo, maxWaitTime: 30, minDelay: 1 },
      { TableName: name },
    );
  }
  for (const Bucket of buckets) await s3.send(new CreateBucketCommand({ Bucket }));
  for (const Name of secrets)
    await manager.send(new CreateSecretCommand({ Name, SecretString: text }));
  for (const Name of buses) await bridge.send(new CreateEventBusCommand({ Name }));
  for (const client of [dynamo, s3, manager, bridge]) client.destroy();
  return Buffer.from(text);
}

/**
 * Creates queues like those of the template, each with its own compute environment. @returns their
 * ARNs by name
 */
export async function makeQueues(
  aws: Emulator,
  endpoint: string,
  queues: readonly SynthesizedQueue[],
): Promise<ReadonlyMap<string, string>> {
  const client = new BatchClient({ ...clientOptions(aws), endpoint });
  const arns = new Map<string, string>();
  for (const { name, priority, computeResources } of queues) {
    const made = await client.send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: `for-${name}`,
        type: 'MANAGED',
        computeResources,
      }),
    );
    const { jobQueueArn = '' } = await client.send(
      new CreateJobQueueCommand({
        jobQueueName: name,
        priority,
        state: 'ENABLED',
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: made.computeEnvironmentArn }],
      }),
    );
    arns.set(name, jobQueueArn);
  }
  client.destroy();
  return arns;
}
