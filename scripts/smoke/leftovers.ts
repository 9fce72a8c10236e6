/**
 * What a deployment left in an account, by its prefix: the stack, and the data that outlives it.
 *
 * 1. Only names and tags of the smoke test's own prefix are listed and removed.
 *
 * @module
 */
import {
  BatchClient,
  DeregisterJobDefinitionCommand,
  paginateDescribeJobDefinitions,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  DeleteLogGroupCommand,
  paginateDescribeLogGroups,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteTableCommand,
  DynamoDBClient,
  paginateListTables,
  UpdateTableCommand,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb';
import { DeleteBucketCommand, ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteSecretCommand,
  paginateListSecrets,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { DeleteQueueCommand, paginateListQueues, SQSClient } from '@aws-sdk/client-sqs';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createS3Objects } from '../../src/aws/storage/s3-objects.ts';
import { type Leftover, PREFIX_START, type Site } from './site.ts';

const DELETION_SECONDS = 300;

/** @throws Error for a prefix that is not of the smoke test */
export async function leftoversOf(site: Site): Promise<readonly Leftover[]> {
  const { prefix } = site;
  if (!prefix.startsWith(`${PREFIX_START}-`))
    throw new Error(`${prefix} is no prefix of the smoke test: nothing is listed or removed`);
  const lists = await Promise.all([
    stackOf(site),
    tables(site),
    buckets(site),
    secrets(site),
    logGroups(site),
    queues(site),
    definitions(site),
  ]);
  return lists.flat();
}

/** Whether a name belongs to the deployment: `smoke-1a` does not own names of `smoke-1ab`. */
export const isOwned = (name: string, prefix: string): boolean =>
  name === prefix || name.startsWith(`${prefix}-`) || name.includes(`/${prefix}/`);

async function stackOf(site: Site): Promise<readonly Leftover[]> {
  const { size } = await site.resources();
  return size === 0
    ? []
    : [{ name: `stack ${site.prefix}, ${size} resources`, remove: () => site.destroy() }];
}

async function tables(site: Site): Promise<readonly Leftover[]> {
  const client = new DynamoDBClient({ ...requestLimits('dynamodb'), ...site.client() });
  const found: Leftover[] = [];
  for await (const { TableNames = [] } of paginateListTables({ client }, {}))
    for (const TableName of TableNames.filter((name) => isOwned(name, site.prefix)))
      found.push({
        name: `table ${TableName}`,
        async remove() {
          await client.send(
            new UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }),
          );
          await client.send(new DeleteTableCommand({ TableName }));
          await waitUntilTableNotExists({ client, maxWaitTime: DELETION_SECONDS }, { TableName });
        },
      });
  return found;
}

async function buckets(site: Site): Promise<readonly Leftover[]> {
  const client = new S3Client({ ...requestLimits('s3'), ...site.client(), forcePathStyle: true });
  const { Buckets = [] } = await client.send(new ListBucketsCommand({}));
  return Buckets.flatMap(({ Name: bucket = '' }) =>
    isOwned(bucket, site.prefix)
      ? [
          {
            name: `bucket ${bucket}`,
            async remove() {
              await createS3Objects({ client, bucket }).remove('');
              await client.send(new DeleteBucketCommand({ Bucket: bucket }));
            },
          },
        ]
      : [],
  );
}

/** The name of a secret that CloudFormation chose does not contain the prefix, but its tag does. */
async function secrets(site: Site): Promise<readonly Leftover[]> {
  const client = new SecretsManagerClient({
    ...requestLimits('secrets-manager'),
    ...site.client(),
  });
  const found: Leftover[] = [];
  for await (const { SecretList = [] } of paginateListSecrets({ client }, {}))
    for (const { Name: SecretId = '', Tags = [] } of SecretList) {
      const ofStack = Tags.some(
        ({ Key, Value }) => Key === 'aws:cloudformation:stack-name' && Value === site.prefix,
      );
      if (!ofStack && !SecretId.startsWith(`${site.prefix}/`)) continue;
      found.push({
        name: `secret ${SecretId}`,
        async remove() {
          await client.send(
            new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }),
          );
        },
      });
    }
  return found;
}

async function logGroups(site: Site): Promise<readonly Leftover[]> {
  const client = new CloudWatchLogsClient({
    ...requestLimits('cloudwatch-logs'),
    ...site.client(),
  });
  const found: Leftover[] = [];
  for await (const { logGroups: groups = [] } of paginateDescribeLogGroups({ client }, {}))
    for (const { logGroupName = '' } of groups)
      if (
        isOwned(logGroupName, site.prefix) ||
        logGroupName.startsWith(`/aws/lambda/${site.prefix}-`)
      )
        found.push({
          name: `log group ${logGroupName}`,
          async remove() {
            await client.send(new DeleteLogGroupCommand({ logGroupName }));
          },
        });
  return found;
}

async function queues(site: Site): Promise<readonly Leftover[]> {
  const client = new SQSClient({ ...requestLimits('sqs'), ...site.client() });
  const found: Leftover[] = [];
  const pages = paginateListQueues({ client, pageSize: 100 }, { QueueNamePrefix: site.prefix });
  for await (const { QueueUrls = [] } of pages)
    for (const QueueUrl of QueueUrls)
      if (isOwned(QueueUrl.split('/').at(-1) ?? '', site.prefix))
        found.push({
          name: `queue ${QueueUrl}`,
          async remove() {
            await client.send(new DeleteQueueCommand({ QueueUrl }));
          },
        });
  return found;
}

/** Job definitions cost nothing; those that are deregistered vanish after some months. */
async function definitions(site: Site): Promise<readonly Leftover[]> {
  const client = new BatchClient({ ...requestLimits('batch'), ...site.client('batch') });
  const found: Leftover[] = [];
  const pages = paginateDescribeJobDefinitions({ client }, { status: 'ACTIVE' });
  for await (const { jobDefinitions = [] } of pages)
    for (const { jobDefinitionName = '', jobDefinitionArn: jobDefinition } of jobDefinitions)
      if (isOwned(jobDefinitionName, site.prefix))
        found.push({
          name: `job definition ${jobDefinition}`,
          async remove() {
            await client.send(new DeregisterJobDefinitionCommand({ jobDefinition }));
          },
        });
  return found;
}
