/**
 * The checks of IAM for a request: actions and resources of the Service Authorization Reference,
 * derived from the request itself.
 *
 * A request with an operation that is not listed is an error, so that no request remains unchecked.
 *
 * @module
 */
import { z } from 'zod';
import type { AccessCheck } from './policy.ts';

export interface AwsRequest {
  readonly method: string;
  /** The path and query as they were sent. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: Buffer;
}

export interface AccountLocation {
  readonly account: string;
  readonly region: string;
  /** The ARN of a secret by its name. */
  readonly secretArn: (name: string) => string;
  /** The tags of a job of AWS Batch; none for a job that does not exist. */
  readonly jobTags: (id: string) => Readonly<Record<string, string>>;
}

export interface Operation {
  readonly service: string;
  readonly name: string;
  readonly checks: readonly AccessCheck[];
}

/** The access key and the service of the signature; undefined for a request without a signature. */
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

export function operationOf(
  request: AwsRequest,
  service: string,
  location: AccountLocation,
): Operation {
  const read = READERS.get(service);
  if (read === undefined)
    throw new Error(`requests to ${service} are not supported: ${request.method} ${request.url}`);
  return { service, ...read(request, location) };
}

type Reader = (request: AwsRequest, location: AccountLocation) => Omit<Operation, 'service'>;

const json = ({ body }: AwsRequest): unknown =>
  body.length === 0 ? {} : JSON.parse(body.toString());
const targetOf = ({ headers }: AwsRequest): string =>
  String(headers['x-amz-target'] ?? '').split('.')[1] ?? '';
const arn = ({ region, account }: AccountLocation, service: string, resource: string): string =>
  `arn:aws:${service}:${region}:${account}:${resource}`;
const unsupported = (service: string, operation: string): never => {
  throw new Error(`the operation ${operation} of ${service} is not supported`);
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

const dynamodb: Reader = (request, location) => {
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

const sqs: Reader = (request, location) => {
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

const secretsmanager: Reader = (request, location) => {
  const operation = targetOf(request);
  if (!['GetSecretValue', 'PutSecretValue'].includes(operation))
    return unsupported('secretsmanager', operation);
  const { SecretId } = z.looseObject({ SecretId: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [{ action: `secretsmanager:${operation}`, resource: location.secretArn(SecretId) }],
  };
};

const eventsSchema = z.looseObject({
  Entries: z.array(z.looseObject({ EventBusName: z.string().default('default') })),
});

const events: Reader = (request, location) => {
  const operation = targetOf(request);
  if (operation !== 'PutEvents') return unsupported('events', operation);
  const buses = new Set(
    eventsSchema.parse(json(request)).Entries.map(({ EventBusName }) => EventBusName),
  );
  return {
    name: operation,
    checks: [...buses].map((bus) => ({
      action: 'events:PutEvents',
      resource: arn(location, 'events', `event-bus/${bus}`),
    })),
  };
};

const streamSchema = z.looseObject({ logGroupName: z.string(), logStreamName: z.string() });

const logs: Reader = (request, location) => {
  const operation = targetOf(request);
  if (!['GetLogEvents', 'CreateLogStream', 'PutLogEvents'].includes(operation))
    return unsupported('logs', operation);
  const { logGroupName, logStreamName } = streamSchema.parse(json(request));
  return {
    name: operation,
    checks: [
      {
        action: `logs:${operation}`,
        resource: arn(location, 'logs', `log-group:${logGroupName}:log-stream:${logStreamName}`),
      },
    ],
  };
};

const lambda: Reader = ({ url }, location) => {
  const name =
    /^\/2015-03-31\/functions\/([^/]+)\/invocations/.exec(url)?.[1] ?? unsupported('lambda', url);
  return {
    name: 'Invoke',
    checks: [
      {
        action: 'lambda:InvokeFunction',
        resource: arn(location, 'lambda', `function:${decodeURIComponent(name)}`),
      },
    ],
  };
};

const scheduleSchema = z.looseObject({
  GroupName: z.string(),
  Target: z.looseObject({ RoleArn: z.string() }),
});

const scheduler: Reader = (request, location) => {
  const url = new URL(request.url, 'http://scheduler');
  const name =
    /^\/schedules\/([^/]+)/.exec(url.pathname)?.[1] ?? unsupported('scheduler', request.url);
  const check = (operation: string, group: string | null) => ({
    action: `scheduler:${operation}`,
    resource: arn(location, 'scheduler', `schedule/${group}/${name}`),
  });
  if (request.method === 'DELETE') {
    const checks = [check('DeleteSchedule', url.searchParams.get('groupName'))];
    return { name: 'DeleteSchedule', checks };
  }
  const operation = request.method === 'PUT' ? 'UpdateSchedule' : 'CreateSchedule';
  const { GroupName, Target } = scheduleSchema.parse(json(request));
  const checks = [check(operation, GroupName), passed(Target.RoleArn, 'scheduler.amazonaws.com')];
  return { name: operation, checks };
};

/** A caller that passes a role to a service needs a permission. */
const passed = (role: string, service: string): AccessCheck => ({
  action: 'iam:PassRole',
  resource: role,
  context: { 'iam:PassedToService': service },
});

/** The names that Batch may present: AWS does not document which one. A role needs both. */
const BATCH_PASSES_TO = ['ecs-tasks.amazonaws.com', 'batch.amazonaws.com'];

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

const batch: Reader = (request, location) => {
  const path = request.url.replace(/^\/v1\//, '').split('?')[0] ?? '';
  const operation = path.startsWith('tags/')
    ? 'TagResource'
    : ([...ANY, 'RegisterJobDefinition', 'SubmitJob', 'TerminateJob', 'CancelJob'].find(
        (name) => name.toLowerCase() === path,
      ) ?? unsupported('batch', path));
  if (operation === 'TagResource')
    return {
      name: operation,
      checks: [
        { action: 'batch:TagResource', resource: decodeURIComponent(path.replace(/^tags\//, '')) },
      ],
    };
  const action = `batch:${operation}`;
  if (ANY.includes(operation)) return { name: operation, checks: [{ action, resource: '*' }] };
  if (operation === 'RegisterJobDefinition')
    return {
      name: operation,
      checks: registration(definitionSchema.parse(json(request)), location),
    };
  if (operation === 'SubmitJob') {
    const { jobDefinition, jobQueue, tags } = submissionSchema.parse(json(request));
    // The job has no ARN yet: its tags are authorized for its definition and its queue.
    const actions = Object.keys(tags).length > 0 ? [action, 'batch:TagResource'] : [action];
    return {
      name: operation,
      checks: actions.flatMap((each) =>
        [jobDefinition, jobQueue].map((resource) => ({ action: each, resource })),
      ),
    };
  }
  const { jobId } = z.looseObject({ jobId: z.string() }).parse(json(request));
  return {
    name: operation,
    checks: [
      {
        action,
        resource: arn(location, 'batch', `job/${jobId}`),
        context: Object.fromEntries(
          Object.entries(location.jobTags(jobId)).map(([tag, value]) => [
            `aws:ResourceTag/${tag}`,
            value,
          ]),
        ),
      },
    ],
  };
};

function registration(
  { jobDefinitionName, tags, containerProperties, ecsProperties }: z.infer<typeof definitionSchema>,
  location: AccountLocation,
): AccessCheck[] {
  const resource = arn(location, 'batch', `job-definition/${jobDefinitionName}`);
  const holders = [containerProperties ?? {}, ...(ecsProperties?.taskProperties ?? [])];
  const passedRoles = new Set(
    holders.flatMap(({ jobRoleArn, taskRoleArn, executionRoleArn }) => [
      jobRoleArn,
      taskRoleArn,
      executionRoleArn,
    ]),
  );
  return [
    { action: 'batch:RegisterJobDefinition', resource },
    ...(Object.keys(tags).length > 0 ? [{ action: 'batch:TagResource', resource }] : []),
    ...[...passedRoles].flatMap((role) =>
      role === undefined ? [] : BATCH_PASSES_TO.map((service) => passed(role, service)),
    ),
  ];
}

const sts: Reader = ({ body }) => {
  const parameters = new URLSearchParams(body.toString());
  const operation = parameters.get('Action') ?? '';
  if (operation !== 'AssumeRole') return unsupported('sts', operation);
  return {
    name: operation,
    checks: [{ action: 'sts:AssumeRole', resource: parameters.get('RoleArn') ?? '' }],
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
