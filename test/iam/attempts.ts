/**
 * Things that somebody could try in the account of a Headrace, each as one request of the SDK.
 *
 * @module
 */

import { Sha256 } from '@aws-crypto/sha256-js';
import {
  BatchClient,
  CancelJobCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import {
  CloudWatchLogsClient,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from './account.ts';
import type { RoleCloud } from './cloud.ts';

/** How a client of the SDK is made for whoever tries. */
export interface Caller {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
}

export interface Attempt {
  /** `it <what>`. */
  readonly what: string;
  run(as: Caller): Promise<unknown>;
}

/** Everything that can be tried, in one cloud. */
export function attemptsIn({ stack, gateway, cloud }: RoleCloud) {
  const nameOf = (id: string): string =>
    stack.resources.find((resource) => resource.id.startsWith(`Headrace${id}`))?.name ?? id;
  const bucket = nameOf('StorageBucket');
  const { account, region } = cloud;
  const queueUrl = (id: string): string => `${gateway}/${account}/${nameOf(id)}`;
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${account}:${resource}`;
  const key = { pk: { S: 'a' }, sk: { S: 'b' } };

  const s3 = (what: string, run: (client: S3Client) => Promise<unknown>): Attempt => ({
    what,
    run: (as) => run(new S3Client({ ...as, forcePathStyle: true, maxAttempts: 1 })),
  });
  const dynamo = (
    what: string,
    id: string,
    run: (client: DynamoDBClient, table: string) => Promise<unknown>,
  ): Attempt => ({
    what: `${what} the table ${id}`,
    run: (as) => run(new DynamoDBClient({ ...as, maxAttempts: 1 }), nameOf(`Storage${id}`)),
  });
  const sqs = (
    what: string,
    id: string,
    run: (client: SQSClient, url: string) => Promise<unknown>,
  ): Attempt => ({
    what: `${what} the queue ${id}`,
    run: (as) => run(new SQSClient({ ...as, maxAttempts: 1 }), queueUrl(`Transitions${id}`)),
  });
  const batch = (what: string, run: (client: BatchClient) => Promise<unknown>): Attempt => ({
    what,
    run: (as) => run(new BatchClient({ ...as, maxAttempts: 1 })),
  });
  const logs = (
    what: string,
    run: (client: CloudWatchLogsClient) => Promise<unknown>,
  ): Attempt => ({
    what,
    run: (as) => run(new CloudWatchLogsClient({ ...as, maxAttempts: 1 })),
  });
  const definition = arn('batch', 'job-definition/headrace-0123:1');
  const group = (queue: string): object =>
    queue.endsWith('.fifo') ? { MessageGroupId: 'a-run', MessageDeduplicationId: 'a-guess' } : {};

  return {
    reads: (object: string) =>
      s3(`reads ${object}`, (client) =>
        client.send(new GetObjectCommand({ Bucket: bucket, Key: object })),
      ),
    looksFor: (object: string) =>
      s3(`looks for ${object}`, (client) =>
        client.send(new HeadObjectCommand({ Bucket: bucket, Key: object })),
      ),
    writes: (object: string) =>
      s3(`writes ${object}`, (client) =>
        client.send(new PutObjectCommand({ Bucket: bucket, Key: object, Body: 'forged' })),
      ),
    uploads: (object: string) =>
      s3(`uploads parts of ${object}`, (client) =>
        client.send(new CreateMultipartUploadCommand({ Bucket: bucket, Key: object })),
      ),
    breaksOff: (object: string) =>
      s3(`breaks off an upload of ${object}`, async (client) => {
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({ Bucket: bucket, Key: object }),
        );
        await client.send(
          new AbortMultipartUploadCommand({ Bucket: bucket, Key: object, UploadId }),
        );
      }),
    removes: (object: string) =>
      s3(`removes ${object}`, (client) =>
        client.send(new DeleteObjectCommand({ Bucket: bucket, Key: object })),
      ),
    removesMany: (...objects: readonly string[]) =>
      s3(`removes ${objects.join(', ')} at once`, (client) =>
        client.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
            Delete: { Objects: objects.map((Key) => ({ Key })) },
          }),
        ),
      ),
    lists: (prefix: string) =>
      s3(`lists ${prefix === '' ? 'all objects' : prefix}`, (client) =>
        client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix })),
      ),

    gets: (table: string) =>
      dynamo('gets an item of', table, (client, TableName) =>
        client.send(new GetItemCommand({ TableName, Key: key })),
      ),
    queries: (table: string, index?: { readonly name: string; readonly key: string }) =>
      dynamo(
        `queries ${index === undefined ? '' : `the index ${index.name} of `}`.trim(),
        table,
        (client, TableName) =>
          client.send(
            new QueryCommand({
              TableName,
              ...(index && { IndexName: index.name }),
              KeyConditionExpression: '#key = :value',
              ExpressionAttributeNames: { '#key': index?.key ?? 'pk' },
              ExpressionAttributeValues: { ':value': { S: 'a' } },
            }),
          ),
      ),
    scans: (table: string) =>
      dynamo('scans', table, (client, TableName) => client.send(new ScanCommand({ TableName }))),
    puts: (table: string) =>
      dynamo('puts an item into', table, (client, TableName) =>
        client.send(new PutItemCommand({ TableName, Item: key })),
      ),
    updates: (table: string) =>
      dynamo('updates an item of', table, (client, TableName) =>
        client.send(
          new UpdateItemCommand({
            TableName,
            Key: key,
            UpdateExpression: 'SET #a = :a',
            ExpressionAttributeNames: { '#a': 'a' },
            ExpressionAttributeValues: { ':a': { S: 'x' } },
          }),
        ),
      ),
    deletes: (table: string) =>
      dynamo('deletes an item of', table, (client, TableName) =>
        client.send(new DeleteItemCommand({ TableName, Key: key })),
      ),

    sends: (queue: string) =>
      sqs('sends to', queue, (client, QueueUrl) =>
        client.send(
          new SendMessageCommand({
            QueueUrl,
            MessageBody: '{}',
            ...group(queueUrl(`Transitions${queue}`)),
          }),
        ),
      ),
    receives: (queue: string) =>
      sqs('receives from', queue, (client, QueueUrl) =>
        client.send(new ReceiveMessageCommand({ QueueUrl })),
      ),
    purges: (queue: string) =>
      sqs('purges', queue, (client, QueueUrl) => client.send(new PurgeQueueCommand({ QueueUrl }))),
    reconfigures: (queue: string) =>
      sqs('changes', queue, (client, QueueUrl) =>
        client.send(
          new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '0' } }),
        ),
      ),

    readsSecret: (name: string) => ({
      what: `reads the secret ${name}`,
      run: (as: Caller) =>
        new SecretsManagerClient({ ...as, maxAttempts: 1 }).send(
          new GetSecretValueCommand({ SecretId: name }),
        ),
    }),
    changesSecret: (name: string) => ({
      what: `changes the secret ${name}`,
      run: (as: Caller) =>
        new SecretsManagerClient({ ...as, maxAttempts: 1 }).send(
          new PutSecretValueCommand({ SecretId: name, SecretString: 'mine' }),
        ),
    }),

    submits: (queue = 'headrace-default', jobDefinition = definition) =>
      batch(`submits a job of ${jobDefinition.split('/')[1]} to ${queue}`, (client) =>
        client.send(
          new SubmitJobCommand({
            jobName: 'forged',
            jobQueue: arn('batch', `job-queue/${queue}`),
            jobDefinition,
          }),
        ),
      ),
    terminates: () =>
      batch('terminates a job', (client) =>
        client.send(new TerminateJobCommand({ jobId: 'some-job', reason: 'forged' })),
      ),
    cancels: () =>
      batch('cancels a job', (client) =>
        client.send(new CancelJobCommand({ jobId: 'some-job', reason: 'forged' })),
      ),
    describesJobs: () =>
      batch('describes jobs', (client) =>
        client.send(new DescribeJobsCommand({ jobs: ['some-job'] })),
      ),
    listsJobs: () =>
      batch('lists jobs', (client) =>
        client.send(new ListJobsCommand({ jobQueue: arn('batch', 'job-queue/headrace-default') })),
      ),
    registers: (role: string, name = 'headrace-forged') =>
      batch(`registers ${name} with the role ${role.split('/').at(-1)}`, (client) =>
        client.send(
          new RegisterJobDefinitionCommand({
            jobDefinitionName: name,
            type: 'container',
            containerProperties: {
              image: 'any',
              jobRoleArn: role,
              resourceRequirements: [
                { type: 'VCPU', value: '1' },
                { type: 'MEMORY', value: '2048' },
              ],
            },
          }),
        ),
      ),
    otherDefinition: arn('batch', 'job-definition/somebody-elses:1'),

    invokes: (name: string) => ({
      what: `invokes the function ${name}`,
      run: (as: Caller) =>
        new LambdaClient({ ...as, maxAttempts: 1 }).send(
          new InvokeCommand({ FunctionName: `headrace-${name}` }),
        ),
    }),
    announces: (bus = 'headrace') => ({
      what: `puts an event on the bus ${bus}`,
      run: (as: Caller) =>
        new EventBridgeClient({ ...as, maxAttempts: 1 }).send(
          new PutEventsCommand({
            Entries: [{ EventBusName: bus, Source: 'headrace', DetailType: 'Run', Detail: '{}' }],
          }),
        ),
    }),
    schedules: (role: string, inGroup = nameOf('TransitionsSchedules')) => ({
      what: `schedules in ${inGroup} under the role ${role.split('/').at(-1)}`,
      run: (as: Caller) =>
        new SchedulerClient({ ...as, maxAttempts: 1 }).send(
          new CreateScheduleCommand({
            Name: 'forged',
            GroupName: inGroup,
            ScheduleExpression: 'at(2099-01-01T00:00:00)',
            FlexibleTimeWindow: { Mode: 'OFF' },
            Target: { Arn: arn('sqs', nameOf('TransitionsDelays')), RoleArn: role, Input: '{}' },
          }),
        ),
    }),
    takesRole: (role: string): Attempt => ({
      what: `takes the role ${role.split('/').at(-1)}`,
      run: (as) => assume(as, role),
    }),
    readsLog: (logGroup: string) =>
      logs(`reads the log ${logGroup}`, (client) =>
        client.send(
          new GetLogEventsCommand({ logGroupName: nameOf(logGroup), logStreamName: 'a' }),
        ),
      ),
    logsTo: (logGroup: string) =>
      logs(`writes to the log ${logGroup}`, async (client) => {
        const place = {
          logGroupName: nameOf(logGroup),
          logStreamName: `forged-${Date.now()}-${Math.random()}`,
        };
        await client.send(new CreateLogStreamCommand(place));
        await client.send(
          new PutLogEventsCommand({
            ...place,
            logEvents: [{ timestamp: Date.now(), message: 'a line' }],
          }),
        );
      }),
  };
}

export type Attempts = ReturnType<typeof attemptsIn>;

/** A request of AWS's Query protocol, which has no client here. @throws an error like those of the SDK */
async function assume({ endpoint, region, credentials }: Caller, role: string): Promise<void> {
  const { host, hostname, port, protocol } = new URL(endpoint);
  const signer = new SignatureV4({ service: 'sts', region, credentials, sha256: Sha256 });
  const body = new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: role,
    RoleSessionName: 'forged',
  }).toString();
  const headers = { host, 'content-type': 'application/x-www-form-urlencoded' };
  const signed = await signer.sign({
    method: 'POST',
    protocol,
    hostname,
    port: Number(port),
    path: '/',
    query: {},
    headers,
    body,
  });
  const answer = await fetch(endpoint, { method: 'POST', headers: signed.headers, body });
  const text = await answer.text();
  if (answer.ok) return;
  throw Object.assign(new Error(text), {
    name: /<Code>([^<]*)</.exec(text)?.[1] ?? 'Unknown',
    $metadata: { httpStatusCode: answer.status },
  });
}
