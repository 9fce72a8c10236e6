/**
 * Attempts on the data of a deployment: objects, tables, message queues and secrets.
 *
 * @module
 */
import {
  DeleteItemCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
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
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityBatchCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Attempt, Caller, Names } from './attempt.ts';

export function objectAttempts({ nameOf }: Names) {
  const bucket = nameOf('StorageBucket');
  const s3 = (what: string, run: (client: S3Client) => Promise<unknown>): Attempt => ({
    what,
    run: (caller) => run(new S3Client({ ...caller, forcePathStyle: true, maxAttempts: 1 })),
  });
  return {
    reads: (object: string) =>
      s3(`reads ${object}`, (client) =>
        client.send(new GetObjectCommand({ Bucket: bucket, Key: object })),
      ),
    heads: (object: string) =>
      s3(`checks for ${object}`, (client) =>
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
    abortsUpload: (object: string) =>
      s3(`aborts an upload of ${object}`, async (client) => {
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
  };
}

/** `table`: the id of the table's construct. */
export function tableAttempts({ nameOf }: Names) {
  const key = { pk: { S: 'a' }, sk: { S: 'b' } };
  const dynamo = (
    what: string,
    id: string,
    run: (client: DynamoDBClient, table: string) => Promise<unknown>,
  ): Attempt => ({
    what: `${what} the table ${id}`,
    run: (caller) => run(new DynamoDBClient({ ...caller, maxAttempts: 1 }), nameOf(`Storage${id}`)),
  });
  return {
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
  };
}

/** `queue`: the id of the construct of a queue of messages, or of a queue that starts steps. */
export function queueAttempts({ queueUrl }: Names) {
  const urlOf = (id: string): string =>
    queueUrl(id.startsWith('LambdaQueues') ? id : `Transitions${id}`);
  const sqs = (
    what: string,
    id: string,
    run: (client: SQSClient, url: string) => Promise<unknown>,
  ): Attempt => ({
    what: `${what} the queue ${id}`,
    run: (caller) => run(new SQSClient({ ...caller, maxAttempts: 1 }), urlOf(id)),
  });
  const group = (queue: string): object =>
    queue.endsWith('.fifo') ? { MessageGroupId: 'a-run', MessageDeduplicationId: 'a-guess' } : {};
  return {
    sends: (queue: string) =>
      sqs('sends to', queue, (client, QueueUrl) =>
        client.send(
          new SendMessageCommand({
            QueueUrl,
            MessageBody: '{}',
            ...group(urlOf(queue)),
          }),
        ),
      ),
    receives: (queue: string) =>
      sqs('receives from', queue, (client, QueueUrl) =>
        client.send(new ReceiveMessageCommand({ QueueUrl })),
      ),
    hidesAgain: (queue: string) =>
      sqs('changes the visibility of messages of', queue, (client, QueueUrl) =>
        client.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl,
            Entries: [{ Id: '0', ReceiptHandle: 'none', VisibilityTimeout: 1 }],
          }),
        ),
      ),
    purges: (queue: string) =>
      sqs('purges', queue, (client, QueueUrl) => client.send(new PurgeQueueCommand({ QueueUrl }))),
    reconfigures: (queue: string) =>
      sqs('changes', queue, (client, QueueUrl) =>
        client.send(
          new SetQueueAttributesCommand({ QueueUrl, Attributes: { VisibilityTimeout: '0' } }),
        ),
      ),
  };
}

export function secretAttempts({ nameOf }: Names) {
  return {
    readsSecret: (name: string) => ({
      what: `reads the secret ${name}`,
      run: (caller: Caller) =>
        new SecretsManagerClient({ ...caller, maxAttempts: 1 }).send(
          new GetSecretValueCommand({ SecretId: nameOf(name) }),
        ),
    }),
    changesSecret: (name: string) => ({
      what: `changes the secret ${name}`,
      run: (caller: Caller) =>
        new SecretsManagerClient({ ...caller, maxAttempts: 1 }).send(
          new PutSecretValueCommand({ SecretId: nameOf(name), SecretString: 'mine' }),
        ),
    }),
  };
}
