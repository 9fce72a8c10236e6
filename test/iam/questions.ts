/**
 * What IAM asks before AWS does what a request says: actions and resources as the Service Authorization Reference has them, read off the request itself.
 *
 * An operation that is not listed here is an error, not a request that nobody judges.
 *
 * @module
 */
import { z } from 'zod';
import type { AccessCheck } from './policy.ts';

export interface AwsRequest {
  readonly method: string;
  /** As it was sent: path and query. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface AccountLocation {
  readonly account: string;
  readonly region: string;
  /** The ARN of a secret, by its name. */
  readonly secretArn: (name: string) => string;
}

export interface Operation {
  readonly service: string;
  readonly name: string;
  readonly checks: readonly AccessCheck[];
}

/** Who signed: key and service. Undefined for a request without a signature. */
export function signerOf({
  url,
  headers,
}: AwsRequest): { readonly key: string; readonly service: string } | undefined {
  const scope =
    new URL(url, 'http://aws').searchParams.get('X-Amz-Credential') ??
    /Credential=([^,\s]+)/.exec(String(headers.authorization ?? ''))?.[1];
  const [key, , , service] = (scope ?? '').split('/');
  return key === undefined || service === undefined ? undefined : { key, service };
}

export function operationOf(request: AwsRequest, service: string, place: AccountLocation): Operation {
  const read = READERS.get(service);
  if (read === undefined)
    throw new Error(`requests to ${service} are not known here: ${request.method} ${request.url}`);
  const { name: operation, checks: questions } = read(request, place);
  return { service, name: operation, checks: questions };
}

type Reader = (request: AwsRequest, place: AccountLocation) => Omit<Operation, 'service'>;

const json = ({ body }: AwsRequest): unknown =>
  body.length === 0 ? {} : JSON.parse(body.toString());
const targetOf = ({ headers }: AwsRequest): string =>
  String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
const arn = ({ region, account }: AccountLocation, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const unknown = (service: string, operation: string): never => {
  throw new Error(`the operation ${operation} of ${service} is not known here`);
};

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

const dynamodb: Reader = (request, place) => {
  const operation = targetOf(request);
  if (!TABLE_OPERATIONS.includes(operation)) return unknown('dynamodb', operation);
  const { TableName, IndexName, RequestItems } = tableSchema.parse(json(request));
  const tables = TableName === undefined ? Object.keys(RequestItems) : [TableName];
  const index = IndexName === undefined ? '' : `/index/${IndexName}`;
  return {
    name: operation,
    checks: tables.map((table) => ({
      action: `dynamodb:${operation}`,
      resource: arn(place, 'dynamodb', `table/${table}${index}`),
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

const sqs: Reader = (request, place) => {
  const operation = targetOf(request);
  // The batch of an operation has no permission of its own.
  const action = operation.replace(/Batch$/, '');
  if (!QUEUE_ACTIONS.includes(action)) return unknown('sqs', operation);
  const { QueueUrl } = z.looseObject({ QueueUrl: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [
      { action: `sqs:${action}`, resource: arn(place, 'sqs', QueueUrl.split('/').at(-1) ?? '') },
    ],
  };
};

const s3: Reader = (request) => {
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
        action: OBJECT_ACTIONS.get(operation) ?? unknown('s3', operation),
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
        : unknown('s3', `${method} ?${query}`);
  if (query.has('uploads')) return 'CreateMultipartUpload';
  if (query.has('uploadId'))
    return (
      { PUT: 'UploadPart', POST: 'CompleteMultipartUpload', DELETE: 'AbortMultipartUpload' }[
        method
      ] ?? unknown('s3', method)
    );
  return (
    { GET: 'GetObject', HEAD: 'HeadObject', PUT: 'PutObject', DELETE: 'DeleteObject' }[method] ??
    unknown('s3', method)
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

const secretsmanager: Reader = (request, place) => {
  const operation = targetOf(request);
  if (!['GetSecretValue', 'PutSecretValue'].includes(operation))
    return unknown('secretsmanager', operation);
  const { SecretId } = z.looseObject({ SecretId: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [{ action: `secretsmanager:${operation}`, resource: place.secretArn(SecretId) }],
  };
};

const eventsSchema = z.looseObject({
  Entries: z.array(z.looseObject({ EventBusName: z.string().default('default') })),
});

const events: Reader = (request, place) => {
  const operation = targetOf(request);
  if (operation !== 'PutEvents') return unknown('events', operation);
  const buses = new Set(
    eventsSchema.parse(json(request)).Entries.map(({ EventBusName }) => EventBusName),
  );
  return {
    name: operation,
    checks: [...buses].map((bus) => ({
      action: 'events:PutEvents',
      resource: arn(place, 'events', `event-bus/${bus}`),
    })),
  };
};

const streamSchema = z.looseObject({ logGroupName: z.string(), logStreamName: z.string() });

const logs: Reader = (request, place) => {
  const operation = targetOf(request);
  if (!['GetLogEvents', 'CreateLogStream', 'PutLogEvents'].includes(operation))
    return unknown('logs', operation);
  const { logGroupName, logStreamName } = streamSchema.parse(json(request));
  return {
    name: operation,
    checks: [
      {
        action: `logs:${operation}`,
        resource: arn(place, 'logs', `log-group:${logGroupName}:log-stream:${logStreamName}`),
      },
    ],
  };
};

const lambda: Reader = ({ url }, place) => {
  const name =
    /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url)?.[1] ?? unknown('lambda', url);
  return {
    name: 'Invoke',
    checks: [
      {
        action: 'lambda:InvokeFunction',
        resource: arn(place, 'lambda', `function:${decodeURIComponent(name)}`),
      },
    ],
  };
};

const scheduleSchema = z.looseObject({
  GroupName: z.string(),
  Target: z.looseObject({ RoleArn: z.string() }),
});

const scheduler: Reader = (request, place) => {
  const name = /^\/schedules\/([^/?]+)/.exec(request.url)?.[1] ?? unknown('scheduler', request.url);
  if (request.method !== 'POST') return unknown('scheduler', request.method);
  const { GroupName, Target } = scheduleSchema.parse(json(request));
  const schedule = {
    action: 'scheduler:CreateSchedule',
    resource: arn(place, 'scheduler', `schedule/${GroupName}/${name}`),
  };
  return {
    name: 'CreateSchedule',
    checks: [schedule, passed(Target.RoleArn, 'scheduler.amazonaws.com')],
  };
};

/** Whoever hands a role on to a service must be allowed to. */
const passed = (role: string, service: string): AccessCheck => ({
  action: 'iam:PassRole',
  resource: role,
  context: { 'iam:PassedToService': service },
});

const roles = {
  jobRoleArn: z.string().optional(),
  taskRoleArn: z.string().optional(),
  executionRoleArn: z.string().optional(),
};
const definitionSchema = z.looseObject({
  jobDefinitionName: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
  containerProperties: z.looseObject(roles).optional(),
  ecsProperties: z.looseObject({ taskProperties: z.array(z.looseObject(roles)) }).optional(),
});
const submissionSchema = z.looseObject({
  jobDefinition: z.string(),
  jobQueue: z.string(),
  tags: z.record(z.string(), z.string()).default({}),
});
const ANY = ['DescribeJobs', 'ListJobs', 'DescribeJobDefinitions', 'DescribeJobQueues'];

const batch: Reader = (request, place) => {
  const path = request.url.replace(/^\/v1\//, '').split('?')[0] ?? '';
  const operation =
    [...ANY, 'RegisterJobDefinition', 'SubmitJob', 'TerminateJob', 'CancelJob'].find(
      (name) => name.toLowerCase() === path,
    ) ?? unknown('batch', path);
  const action = `batch:${operation}`;
  if (ANY.includes(operation)) return { name: operation, checks: [{ action, resource: '*' }] };
  if (operation === 'RegisterJobDefinition')
    return { name: operation, checks: registration(definitionSchema.parse(json(request)), place) };
  if (operation === 'SubmitJob') {
    const { jobDefinition, jobQueue, tags } = submissionSchema.parse(json(request));
    const tagged =
      Object.keys(tags).length > 0
        ? [{ action: 'batch:TagResource', resource: arn(place, 'batch', 'job/*') }]
        : [];
    return {
      name: operation,
      checks: [
        ...[jobDefinition, jobQueue].map((resource) => ({ action, resource })),
        ...tagged,
      ],
    };
  }
  const { jobId } = z.looseObject({ jobId: z.string() }).parse(json(request));
  return { name: operation, checks: [{ action, resource: arn(place, 'batch', `job/${jobId}`) }] };
};

function registration(
  { jobDefinitionName, tags, containerProperties, ecsProperties }: z.infer<typeof definitionSchema>,
  place: AccountLocation,
): AccessCheck[] {
  const resource = arn(place, 'batch', `job-definition/${jobDefinitionName}`);
  const holders = [containerProperties ?? {}, ...(ecsProperties?.taskProperties ?? [])];
  const handedOn = new Set(
    holders.flatMap(({ jobRoleArn, taskRoleArn, executionRoleArn }) => [
      jobRoleArn,
      taskRoleArn,
      executionRoleArn,
    ]),
  );
  return [
    { action: 'batch:RegisterJobDefinition', resource },
    ...(Object.keys(tags).length > 0 ? [{ action: 'batch:TagResource', resource }] : []),
    ...[...handedOn].flatMap((role) =>
      role === undefined ? [] : [passed(role, 'ecs-tasks.amazonaws.com')],
    ),
  ];
}

const sts: Reader = ({ body }) => {
  const words = new URLSearchParams(body.toString());
  const operation = words.get('Action') ?? '';
  if (operation !== 'AssumeRole') return unknown('sts', operation);
  return {
    name: operation,
    checks: [{ action: 'sts:AssumeRole', resource: words.get('RoleArn') ?? '' }],
  };
};

const READERS = new Map<string, Reader>(
  Object.entries({
    dynamodb,
    sqs,
    s3,
    secretsmanager,
    events,
    logs,
    lambda,
    scheduler,
    batch,
    sts,
  }),
);
