/**
 * A new stack adopts the data of an old one, by the commands of docs/deploying.md. The emulator
 * imports neither secrets nor policies of buckets.
 *
 * @module
 */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DynamoDBClient,
  GetItemCommand,
  ListTablesCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { startMinistack } from '../harness/ministack.ts';
import { bootstrap, byCommand, cdk } from './cdk.ts';
import { resourcesOf } from './deploy.ts';
import { type Assembly, synthesize, withTemplate } from './synth.ts';
import { withoutBatch } from './template.ts';

/** The property by which CloudFormation identifies a resource that is imported. */
const IDENTIFIER_OF: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'TableName',
  'AWS::S3::Bucket': 'BucketName',
  'AWS::Logs::LogGroup': 'LogGroupName',
};

let folder: string;
let aws: Emulator;
let s3: S3Client;
let dynamodb: DynamoDBClient;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-adoption-'));
  aws = await startMinistack();
  s3 = new S3Client({ ...clientOptions(aws), forcePathStyle: true });
  dynamodb = new DynamoDBClient(clientOptions(aws));
  await bootstrap(aws);
}, 120_000);
afterAll(async () => {
  s3?.destroy();
  dynamodb?.destroy();
  await aws?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

function assemblyOf(prefix: string): Assembly {
  const assembly = synthesize(mkdtempSync(join(folder, 'assembly-')), prefix, {
    prefix,
    image: { uri: 'registry.example/steps@sha256:0123' },
  });
  const arnOf = (queue: string) => `arn:aws:batch:us-east-1:000000000000:job-queue/${queue}`;
  return withTemplate(assembly, withoutBatch(assembly.template, arnOf, {}));
}

/** The ids in the template of what a deletion of the stack retains, and its identifiers. */
async function storedBy(stack: string): Promise<Mapping> {
  const resources = [...(await resourcesOf(aws, stack))].flatMap(([logicalId, { type, id }]) => {
    const identifier = IDENTIFIER_OF[type];
    return identifier !== undefined && /Storage|ProjectsLogs/.test(logicalId)
      ? [[logicalId, { [identifier]: id }] as const]
      : [];
  });
  return Object.fromEntries(resources);
}
type Mapping = Readonly<Record<string, Readonly<Record<string, string>>>>;

const ITEM = { pk: { S: 'RUN#1' }, sk: { S: 'HEAD' } };

it('cdk import and cdk deploy give the data of a destroyed stack to a new one', {
  timeout: 300_000,
}, async () => {
  const old = assemblyOf('former');
  await byCommand.deploy(aws, old);
  const stored = await storedBy('former');
  expect(Object.keys(stored)).toHaveLength(4);
  const nameOf = (identifier: string, part: string): string =>
    Object.entries(stored).find(([id, names]) => id.includes(part) && identifier in names)?.[1][
      identifier
    ] ?? '';
  const table = nameOf('TableName', 'Tasks');
  const bucket = nameOf('BucketName', 'Bucket');
  await dynamodb.send(new PutItemCommand({ TableName: table, Item: ITEM }));
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'p/a/data/1', Body: 'one' }));
  await byCommand.destroy(aws, old);

  const file = join(folder, 'adopted.json');
  await writeFile(file, JSON.stringify(stored));
  const adopting = assemblyOf('current');
  await cdk(aws, 'import', 'current', '--app', adopting.folder, '--resource-mapping', file);
  expect([...(await resourcesOf(aws, 'current')).keys()].sort()).toEqual(
    Object.keys(stored).sort(),
  );
  await s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }));
  await byCommand.deploy(aws, adopting);
  expect(await storedBy('current')).toEqual(stored);
  expect((await resourcesOf(aws, 'current')).size).toBeGreaterThan(80);

  const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
  expect(TableNames).toHaveLength(2);
  expect((await dynamodb.send(new GetItemCommand({ TableName: table, Key: ITEM }))).Item).toEqual(
    ITEM,
  );
  const object = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: 'p/a/data/1' }));
  expect(await object.Body?.transformToString()).toBe('one');
  const { Policy } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }));
  expect(Policy).toContain('aws:SecureTransport');
});
