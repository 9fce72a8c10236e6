/**
 * A deployment's whole life: it fails on purpose, is repeated, changes its tags and its queues, is
 * destroyed, and is deployed again beside the data of the first.
 *
 * The emulator is ministack, whose CloudFormation rolls back, retains and updates in place as AWS does.
 * `cloudformation-rules.ts` adds what it lacks. The last tests show that these rules refuse what AWS
 * refuses.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  GetBucketPolicyCommand,
  GetObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { ListSecretsCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HeadraceConfig } from '../../../lib/config.ts';
import { broken } from '../../../scripts/smoke/broken.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startMinistack } from '../harness/ministack.ts';
import { CloudFormationRules } from './cloudformation-rules.ts';
import { directly, emptyBuckets, resourcesOf } from './deploy.ts';
import { type Assembly, synthesize, withTemplate } from './synth.ts';
import { parseTemplate, withoutBatch } from './template.ts';

const PREFIX = 'repeated';
const FIRST: HeadraceConfig = {
  prefix: PREFIX,
  image: { uri: 'registry.example/steps@sha256:0123' },
  queues: {
    default: { type: 'fargate' },
    machines: { type: 'ec2', instanceTypes: ['c7i.large'] },
    quick: { type: 'lambda' },
  },
  projects: { forecasts: {} },
  tags: { team: 'ml' },
};
/** The queues after the change: one is new, one is gone, and the others have other limits. */
const CHANGED_QUEUES: HeadraceConfig['queues'] = {
  default: { type: 'fargate', spot: true, maxVcpus: 16 },
  'more machines': { type: 'ec2', instanceTypes: ['m7i.large'], diskGiB: 200 },
  quick: { type: 'lambda', memoryMiB: 2048, timeoutSeconds: 60 },
};

let folder: string;
let aws: Emulator;
let s3: S3Client;
let dynamodb: DynamoDBClient;
let secrets: SecretsManagerClient;
let logs: CloudWatchLogsClient;
let sqs: SQSClient;
const rules = new CloudFormationRules(PREFIX);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-repeated-'));
  aws = await startMinistack();
  const options = clientOptions(aws);
  s3 = new S3Client({ ...options, forcePathStyle: true });
  dynamodb = new DynamoDBClient(options);
  secrets = new SecretsManagerClient(options);
  logs = new CloudWatchLogsClient(options);
  sqs = new SQSClient(options);
});
afterAll(async () => {
  for (const client of [s3, dynamodb, secrets, logs, sqs]) client?.destroy();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

const assemblyOf = (
  config: HeadraceConfig,
  appTags: Readonly<Record<string, string>> = {},
): Assembly => synthesize(mkdtempSync(join(folder, 'assembly-')), PREFIX, config, appTags);

const arnOf = (queue: string): string => `arn:aws:batch:us-east-1:000000000000:job-queue/${queue}`;

/**
 * Creates or updates the stack.
 *
 * @param breaking adds a resource that fails, to a new stack
 * @returns the ids of replaced resources
 * @throws Error if CloudFormation refuses or rolls back the operation
 */
async function deploy(assembly: Assembly, breaking = false): Promise<readonly string[]> {
  const { template, replaced } = rules.prepare(assembly.template);
  const adapted = withTemplate(assembly, withoutBatch(template, arnOf, {}));
  try {
    await directly.deploy(aws, breaking ? broken(adapted) : adapted);
  } catch (error) {
    rules.rolledBack(assembly.template);
    // As `cdk deploy` does with a stack that was rolled back.
    await directly.destroy(aws, assembly);
    throw error;
  }
  rules.deployed(assembly.template);
  return replaced;
}

async function destroy(): Promise<void> {
  await directly.destroy(aws, assemblyOf(FIRST));
  rules.destroyed();
}

/** Everything with data that exists, whichever stack made it. */
async function stored(): Promise<readonly string[]> {
  const [tables, buckets, secretList, groups, queues] = await Promise.all([
    dynamodb.send(new ListTablesCommand({})),
    s3.send(new ListBucketsCommand({})),
    secrets.send(new ListSecretsCommand({})),
    logs.send(new DescribeLogGroupsCommand({})),
    sqs.send(new ListQueuesCommand({})),
  ]);
  const names = [
    ...(tables.TableNames ?? []).map((name) => `table ${name}`),
    ...(buckets.Buckets ?? []).map(({ Name }) => `bucket ${Name}`),
    ...(secretList.SecretList ?? []).map(({ Name }) => `secret ${Name}`),
    ...(groups.logGroups ?? []).map(({ logGroupName }) => `logs ${logGroupName}`),
    ...(queues.QueueUrls ?? []).map((url) => `queue ${url.split('/').at(-1)}`),
  ];
  return names.filter((name) => name.toLowerCase().includes(PREFIX)).sort();
}
const kindsOf = (names: readonly string[]): readonly string[] =>
  names.map((name) => name.split(' ')[0] ?? '');

/** The physical names of the stack's resources, by their ids in the template. */
const physicalIds = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries(
    [...(await resourcesOf(aws, PREFIX))].map(([logicalId, { id }]) => [logicalId, id]),
  );

/** The resources of both that are not the same. Almost all are in both. */
function movedFrom(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): readonly string[] {
  const kept = Object.keys(before).filter((id) => id in after);
  expect(kept.length).toBeGreaterThan(100);
  return kept.filter((id) => after[id] !== before[id]);
}

async function only(type: string, part: string): Promise<string> {
  const found = [...(await resourcesOf(aws, PREFIX))].filter(
    ([logicalId, resource]) => resource.type === type && logicalId.includes(part),
  );
  expect(found, `${type} ${part}`).toHaveLength(1);
  return found[0]?.[1].id ?? '';
}

/** An assembly whose resources of a type have other properties and another deletion policy. */
function changedAssembly(
  type: string,
  properties: Readonly<Record<string, unknown>>,
  deletionPolicy?: string,
): Assembly {
  const assembly = assemblyOf(FIRST);
  const resources = Object.entries(assembly.template.Resources).map(([id, resource]) =>
    resource.Type === type
      ? [
          id,
          {
            ...resource,
            Properties: { ...resource.Properties, ...properties },
            ...(deletionPolicy !== undefined && { DeletionPolicy: deletionPolicy }),
          },
        ]
      : [id, resource],
  );
  const template = { ...assembly.template, Resources: Object.fromEntries(resources) };
  return withTemplate(assembly, parseTemplate(JSON.stringify(template)));
}

describe.sequential('the life of a deployment', () => {
  it('a first deployment that fails leaves nothing', { timeout: 120_000 }, async () => {
    await expect(deploy(assemblyOf(FIRST), true)).rejects.toThrow(/ROLLBACK[\s\S]*SmokeFailure/);
    expect(await stored()).toEqual([]);
  });

  it('it can be repeated', { timeout: 120_000 }, async () => {
    expect(await deploy(assemblyOf(FIRST))).toEqual([]);
    expect((await resourcesOf(aws, PREFIX)).size).toBeGreaterThan(100);
  });

  it('changed tags, of the configuration and of the app around, replace nothing', {
    timeout: 120_000,
  }, async () => {
    const before = await physicalIds();
    const tagged = assemblyOf({ ...FIRST, tags: { team: 'research', cost: '42' } }, { app: 'own' });
    expect(await deploy(tagged)).toEqual([]);
    expect(movedFrom(before, await physicalIds())).toEqual([]);
  });

  it('changed queues replace no other resource, and no machines', {
    timeout: 120_000,
  }, async () => {
    const before = await physicalIds();
    expect(await deploy(assemblyOf({ ...FIRST, queues: CHANGED_QUEUES }))).toEqual([]);
    expect(movedFrom(before, await physicalIds())).toEqual([]);
  });

  it('data remains when the stack is destroyed, with the policy of its bucket', {
    timeout: 120_000,
  }, async () => {
    const [table, bucket] = await Promise.all([
      only('AWS::DynamoDB::Table', 'StorageTasks'),
      only('AWS::S3::Bucket', 'StorageBucket'),
    ]);
    const item = { pk: { S: 'RUN#1' }, sk: { S: 'HEAD' } };
    await dynamodb.send(new PutItemCommand({ TableName: table, Item: item }));
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'p/a/data/1', Body: 'one' }));
    await destroy();
    expect((await resourcesOf(aws, PREFIX)).size).toBe(0);
    const left = await stored();
    expect(kindsOf(left)).toEqual([
      'bucket',
      'logs',
      'logs',
      'logs',
      'queue',
      'queue',
      'secret',
      'table',
      'table',
    ]);
    expect(left).toContain(`table ${table}`);
    expect((await dynamodb.send(new GetItemCommand({ TableName: table, Key: item }))).Item).toEqual(
      item,
    );
    const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'p/a/data/1' }));
    expect(await object.Body?.transformToString()).toBe('one');
    const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
    expect(Policy).toContain('aws:SecureTransport');
  });

  it('a destroyed stack is deployed again beside that data, and destroyed again', {
    timeout: 180_000,
  }, async () => {
    const left = await stored();
    expect(await deploy(assemblyOf(FIRST))).toEqual([]);
    const both = await stored();
    expect(both).toEqual(expect.arrayContaining([...left]));
    expect(kindsOf(both).filter((kind) => kind === 'table')).toHaveLength(4);
    await destroy();
    expect(await deploy(assemblyOf({ ...FIRST, retention: { onDelete: 'destroy' } }))).toEqual([]);
    const twice = await stored();
    await emptyBuckets(aws, PREFIX);
    await destroy();
    const remaining = await stored();
    expect(remaining.length).toBeLessThan(twice.length);
    expect(kindsOf(remaining).filter((kind) => kind === 'table')).toHaveLength(4);
  });
});

describe.sequential('the emulator refuses what AWS refuses', () => {
  it('an update of the tags of job queues', { timeout: 120_000 }, async () => {
    const withTags = (team: string) => changedAssembly('AWS::Batch::JobQueue', { Tags: { team } });
    await deploy(withTags('ml'));
    await expect(deploy(withTags('research'))).rejects.toThrow(
      /custom-named resource requires replacing \(Tags\)\. Rename "repeated-default"/,
    );
    await destroy();
  });

  it('a repeated deployment, if data with names of its own is retained by a rollback', {
    timeout: 120_000,
  }, async () => {
    const retained = () =>
      changedAssembly('AWS::SecretsManager::Secret', { Name: `${PREFIX}/tokens` }, 'Retain');
    await expect(deploy(retained(), true)).rejects.toThrow(/ROLLBACK/);
    expect(await stored()).toContain(`secret ${PREFIX}/tokens`);
    await expect(deploy(retained())).rejects.toThrow(/repeated\/tokens already exists/);
  });

  it('a second stack, if data of the first one has names of its own', {
    timeout: 120_000,
  }, async () => {
    const named = () =>
      changedAssembly('AWS::Logs::LogGroup', { LogGroupName: `/${PREFIX}/steps` });
    await deploy(named());
    await destroy();
    await expect(deploy(named())).rejects.toThrow(/repeated\/steps already exists/);
  });
});
