/**
 * Operations on the data of a deployment: tables, message queues, objects and secrets.
 *
 * @module
 */
import { z } from 'zod';
import { arn, json, type Reader, targetOf, unsupported } from './operation.ts';

const tableSchema = z.looseObject({
  TableName: z.string().optional(),
  IndexName: z.string().optional(),
  RequestItems: z.record(z.string(), z.unknown()).default({}),
});
const TABLE_OPERATIONS = [
  'GetItem',
  'PutItem',
  'UpdateItem',
  'DeleteItem',
  'Query',
  'Scan',
  'BatchGetItem',
  'BatchWriteItem',
];

export const dynamodb: Reader = (request, location) => {
  const operation = targetOf(request);
  if (!TABLE_OPERATIONS.includes(operation)) return unsupported('dynamodb', operation);
  const { TableName, IndexName, RequestItems } = tableSchema.parse(json(request));
  const tables = TableName === undefined ? Object.keys(RequestItems) : [TableName];
  const index = IndexName === undefined ? '' : `/index/${IndexName}`;
  return {
    name: operation,
    checks: tables.map((table) => ({
      action: `dynamodb:${operation}`,
      resource: arn(location, 'dynamodb', `table/${table}${index}`),
    })),
  };
};

const QUEUE_ACTIONS = [
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'PurgeQueue',
  'SetQueueAttributes',
];

export const sqs: Reader = (request, location) => {
  const operation = targetOf(request);
  // A batch operation has no permission of its own.
  const action = operation.replace(/Batch$/, '');
  if (!QUEUE_ACTIONS.includes(action)) return unsupported('sqs', operation);
  const { QueueUrl } = z.looseObject({ QueueUrl: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [
      { action: `sqs:${action}`, resource: arn(location, 'sqs', QueueUrl.split('/').at(-1) ?? '') },
    ],
  };
};

export const s3: Reader = (request) => {
  const url = new URL(request.url, 'http://aws');
  const [bucket = '', ...rest] = url.pathname.slice(1).split('/');
  const key = decodeURIComponent(rest.join('/'));
  const operation = objectOperation(request.method, url.searchParams, key);
  const bucketArn = `arn:aws:s3:::${bucket}`;
  if (operation === 'ListObjectsV2')
    return { name: operation, checks: [{ action: 's3:ListBucket', resource: bucketArn }] };
  if (operation === 'DeleteObjects') {
    const keys = [...request.body.toString().matchAll(/<Key>([^<]*)<\/Key>/g)].map(
      ([, name = '']) => unescaped(name),
    );
    return {
      name: operation,
      checks: keys.map((name) => ({
        action: 's3:DeleteObject',
        resource: `${bucketArn}/${name}`,
      })),
    };
  }
  return {
    name: operation,
    checks: [
      {
        action: OBJECT_ACTIONS.get(operation) ?? unsupported('s3', operation),
        resource: `${bucketArn}/${key}`,
      },
    ],
  };
};

function objectOperation(method: string, query: URLSearchParams, key: string): string {
  if (key === '')
    return query.has('delete')
      ? 'DeleteObjects'
      : query.has('list-type')
        ? 'ListObjectsV2'
        : unsupported('s3', `${method} ?${query}`);
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId'))
    return (
      { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[
        method
      ] ?? unsupported('s3', method)
    );
  return (
    { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ??
    unsupported('s3', method)
  );
}

const OBJECT_ACTIONS = new Map([
  ['GetObject', 's3:GetObject'],
  ['HeadObject', 's3:GetObject'],
  ['PutObject', 's3:PutObject'],
  ['CreateMultipartUpload', 's3:PutObject'],
  ['UploadPart', 's3:PutObject'],
  ['CompleteMultipartUpload', 's3:PutObject'],
  ['AbortMultipartUpload', 's3:AbortMultipartUpload'],
  ['DeleteObject', 's3:DeleteObject'],
]);

const unescaped = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

export const secretsmanager: Reader = (request, location) => {
  const operation = targetOf(request);
  if (!['GetSecretValue', 'PutSecretValue'].includes(operation))
    return unsupported('secretsmanager', operation);
  const { SecretId } = z.looseObject({ SecretId: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [{ action: `secretsmanager:${operation}`, resource: location.secretArn(SecretId) }],
  };
};
