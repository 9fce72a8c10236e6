/**
 * Creates the resources of the template in an account of the emulator: tables, bucket, queues,
 * secrets, bus, schedules, and every role with its policies.
 *
 * The resource policies of the bucket and the queues, which reject requests without TLS, are left
 * out: the emulator has no TLS.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';
import { CloudWatchLogsClient, CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { z } from 'zod';
import { inDialect } from './dialect.ts';
import { type Fakecloud, ROOT_KEY } from './fakecloud.ts';
import type { Stack, StackResource, StackRole } from './stack.ts';

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
}

export const rootOptions = ({ endpoint, region }: Pick<Fakecloud, 'endpoint' | 'region'>) => ({
  endpoint,
  region,
  credentials: ROOT_KEY,
});

/** @returns ARNs by name */
export async function createSecrets(
  cloud: Fakecloud,
  secrets: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, string>> {
  const client = new SecretsManagerClient(rootOptions(cloud));
  const made = new Map<string, string>();
  for (const [Name, SecretString] of Object.entries(secrets)) {
    const { ARN = '' } = await client.send(new CreateSecretCommand({ Name, SecretString }));
    made.set(Name, ARN);
  }
  client.destroy();
  return made;
}

export const newSecretText = (): string => randomBytes(48).toString('base64url');

/** All resources except secrets and roles. */
export async function createResources(cloud: Fakecloud, { resources }: Stack): Promise<void> {
  const options = rootOptions(cloud);
  const sqs = new SQSClient(options);
  const dynamo = new DynamoDBClient(options);
  const s3 = new S3Client({ ...options, forcePathStyle: true });
  const events = new EventBridgeClient(options);
  const scheduler = new SchedulerClient(options);
  const logs = new CloudWatchLogsClient(options);
  const of = (type: string) => resources.filter((resource) => resource.type === type);

  for (const queue of of('AWS::SQS::Queue'))
    await sqs.send(
      new CreateQueueCommand({ QueueName: queue.name, Attributes: queueAttributes(queue) }),
    );
  for (const { name, properties } of of('AWS::DynamoDB::Table'))
    await dynamo.send(
      new CreateTableCommand({ ...tableSchema.parse(properties), TableName: name }),
    );
  for (const { name } of of('AWS::S3::Bucket'))
    await s3.send(new CreateBucketCommand({ Bucket: name }));
  for (const { name } of of('AWS::Events::EventBus'))
    await events.send(new CreateEventBusCommand({ Name: name }));
  for (const { name } of of('AWS::Scheduler::ScheduleGroup'))
    await scheduler.send(new CreateScheduleGroupCommand({ Name: name }));
  for (const { name } of of('AWS::Logs::LogGroup'))
    await logs.send(new CreateLogGroupCommand({ logGroupName: name }));
  for (const client of [sqs, dynamo, s3, events, scheduler, logs]) client.destroy();
}

const keySchema = z.array(
  z.object({ AttributeName: z.string(), KeyType: z.enum(['HASH', 'RANGE']) }),
);
const tableSchema = z.object({
  AttributeDefinitions: z.array(
    z.object({ AttributeName: z.string(), AttributeType: z.enum(['S', 'N', 'B']) }),
  ),
  KeySchema: keySchema,
  BillingMode: z.literal('PAY_PER_REQUEST'),
  GlobalSecondaryIndexes: z.array(
    z.object({
      IndexName: z.string(),
      KeySchema: keySchema,
      Projection: z.object({
        ProjectionType: z.literal('INCLUDE'),
        NonKeyAttributes: z.array(z.string()),
      }),
    }),
  ),
});

/**
 * Without the visibility timeout: messages that were not handled must be received again within a
 * test.
 */
function queueAttributes({
  properties: { FifoQueue, DeduplicationScope, FifoThroughputLimit },
}: StackResource): Record<string, string> {
  const given = Object.entries({ FifoQueue, DeduplicationScope, FifoThroughputLimit });
  return Object.fromEntries(
    given.flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

/** Creates the role of the template: only its service can assume it. */
export async function createRole(cloud: Fakecloud, role: StackRole): Promise<void> {
  const { name } = role;
  await query(cloud, 'iam', {
    Action: 'CreateRole',
    RoleName: name,
    AssumeRolePolicyDocument: JSON.stringify(role.trust),
  });
  if (role.statements.length === 0) return;
  const document = JSON.stringify({ Version: '2012-10-17', Statement: inDialect(role.statements) });
  await query(cloud, 'iam', {
    Action: 'PutRolePolicy',
    RoleName: name,
    PolicyName: 'template',
    PolicyDocument: document,
  });
}

/**
 * Credentials of a role, as its service would receive them when a function or task starts. The
 * account itself may assume the role for this moment only; then the role is that of the template
 * again.
 */
export async function credentialsOf(
  cloud: Fakecloud,
  { name, arn, trust }: StackRole,
): Promise<Credentials> {
  const open = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${cloud.account}:root` },
        Action: 'sts:AssumeRole',
      },
    ],
  };
  const set = (document: unknown) =>
    query(cloud, 'iam', {
      Action: 'UpdateAssumeRolePolicy',
      RoleName: name,
      PolicyDocument: JSON.stringify(document),
    });
  await set(open);
  const credentials = await assumeRole(cloud, arn);
  await set(trust);
  return credentials;
}

/** @throws Error if the role's trust policy does not allow the account */
export async function assumeRole(cloud: Fakecloud, arn: string): Promise<Credentials> {
  const answer = await query(cloud, 'sts', {
    Action: 'AssumeRole',
    RoleArn: arn,
    RoleSessionName: 'tests',
  });
  const field = (name: string): string => new RegExp(`<${name}>([^<]+)<`).exec(answer)?.[1] ?? '';
  return {
    accessKeyId: field('AccessKeyId'),
    secretAccessKey: field('SecretAccessKey'),
    sessionToken: field('SessionToken'),
  };
}

const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15' } as const;

/** Sends a request of AWS's Query protocol as the owner of the account. */
async function query(
  { endpoint, region }: Fakecloud,
  service: keyof typeof VERSIONS,
  parameters: Readonly<Record<string, string>>,
): Promise<string> {
  const authorization = `AWS4-HMAC-SHA256 Credential=${ROOT_KEY.accessKeyId}/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=0`;
  const body = new URLSearchParams({ Version: VERSIONS[service], ...parameters });
  const response = await fetch(endpoint, { method: 'POST', headers: { authorization }, body });
  const text = await response.text();
  if (!response.ok)
    throw new Error(
      `${parameters.Action} was rejected: ${/<Message>([^<]*)</.exec(text)?.[1] ?? text}`,
    );
  return text;
}
