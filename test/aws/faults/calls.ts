/**
 * Reads the caller, service, action and resource from a request to AWS.
 *
 * @module
 */
import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { stepInvocationSchema } from '../../../src/aws/jobs/step-invocation.ts';

export interface AwsRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Call {
  /** The access key id of the signature: that of a function's instance, or of a container. */
  readonly signer: string;
  readonly service: string;
  readonly action: string;
  /** Without the parts that differ from run to run, such as ids and hashes. */
  readonly resource: string;
  /** Whether the URL was presigned, for another process to use. */
  readonly presigned: boolean;
  /** Equal for all tries that the SDK makes of one call. */
  readonly invocation: string;
}

/** Returns undefined if the request is not signed for an AWS service. */
export function readCall(request: AwsRequest): Call | undefined {
  const { headers, url } = request;
  const { pathname, searchParams } = new URL(url, 'http://aws');
  const presignedCredential = searchParams.get('X-Amz-Credential');
  const credential =
    presignedCredential ?? /Credential=([^,]+)/u.exec(headers.authorization ?? '')?.[1];
  const [signer = '', , , service = ''] = credential?.split('/') ?? [];
  if (service === '') return undefined;
  const presigned = presignedCredential !== null;
  const invocation = String(headers['amz-sdk-invocation-id'] ?? '');
  return { signer, service, presigned, invocation, ...actionOf(service, request, pathname) };
}

type ActionAndResource = Pick<Call, 'action' | 'resource'>;

function actionOf(
  service: string,
  { method, headers, body }: AwsRequest,
  pathname: string,
): ActionAndResource {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') {
    const action = target.split('.').at(-1) ?? target;
    return { action, resource: plain(resourceIn(service, JSON.parse(body.toString()))) };
  }
  switch (service) {
    case 's3':
      return {
        action: S3_ACTIONS[method] ?? method,
        resource: plain(decodeURIComponent(pathname.split('/').slice(2).join('/'))),
      };
    case 'batch':
      return { action: BATCH_ACTIONS[pathname.split('/').at(-1) ?? ''] ?? pathname, resource: '' };
    case 'lambda':
      return {
        action: 'Invoke',
        resource: `${invokedSchema.safeParse(JSON.parse(body.toString())).data?.kind ?? ''}`,
      };
    case 'scheduler':
      return { action: 'CreateSchedule', resource: '' };
    default:
      return { action: `${method} ${pathname}`, resource: '' };
  }
}

const S3_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  PUT: 'PutObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
};
const BATCH_ACTIONS: Readonly<Record<string, string>> = {
  submitjob: 'SubmitJob',
  listjobs: 'ListJobs',
  describejobs: 'DescribeJobs',
  terminatejob: 'TerminateJob',
  describejobdefinitions: 'DescribeJobDefinitions',
  registerjobdefinition: 'RegisterJobDefinition',
};
const invokedSchema = z.looseObject({ kind: z.string() });
const text = z.looseObject({ S: z.string() });
const keySchema = z.looseObject({ pk: text, sk: text });
const dynamoSchema = z.looseObject({
  Key: keySchema.optional(),
  Item: keySchema.optional(),
  RequestItems: z.record(z.string(), z.looseObject({ Keys: z.array(keySchema) })).optional(),
  ExpressionAttributeValues: z
    .record(z.string(), z.looseObject({ S: z.string().optional() }))
    .optional(),
});
const queueSchema = z.looseObject({
  QueueUrl: z.string(),
  Entries: z.array(z.looseObject({ MessageBody: z.string().optional() })).default([]),
});
/** A transition, or the message that starts a step in a function. */
const messageSchema = z.union([
  z.looseObject({ transition: z.looseObject({ kind: z.string() }) }),
  stepInvocationSchema,
]);

function resourceIn(service: string, input: unknown): string {
  if (service === 'dynamodb') {
    const {
      Key,
      Item,
      RequestItems,
      ExpressionAttributeValues: values,
    } = dynamoSchema.parse(input);
    const key = Key ?? Item ?? Object.values(RequestItems ?? {})[0]?.Keys[0];
    if (key !== undefined) return `${key.pk.S} ${key.sk.S}`;
    return `${values?.[':partition']?.S ?? ''} ${values?.[':from']?.S ?? ''}`;
  }
  if (service !== 'sqs') return '';
  const { QueueUrl, Entries } = queueSchema.parse(input);
  const kinds = Entries.flatMap(({ MessageBody }) =>
    MessageBody === undefined ? [] : kindOf(messageSchema.parse(JSON.parse(MessageBody))),
  );
  return `${QueueUrl.split('/').at(-1)} ${[...new Set(kinds)].join(' ')}`;
}

const kindOf = (message: z.infer<typeof messageSchema>): string =>
  'transition' in message ? message.transition.kind : 'step';

const plain = (resource: string): string =>
  resource
    .replaceAll(/[0-9a-f]{32,}/gu, '<hash>')
    .replaceAll(/proof\d+/gu, '<project>')
    .replaceAll(/[0-9a-hjkmnp-tv-z]{26}/giu, '<run>')
    .replaceAll(/[0-9a-f]{8}-1f2e-4d3c-8b4a-5c6d7e8f9a0b/gu, '<job>')
    .replaceAll(/#[\w-]{12}#/gu, '#<part>#')
    .replaceAll(/ [\w-]{12}(?=\.\d+#)/gu, ' <part>')
    .trim();
