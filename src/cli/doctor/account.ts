/**
 * Reads an AWS account: who calls, quotas, and the state of queues. Each function needs one
 * permission, which the result of a refused request names.
 *
 * @module
 */
import { z } from 'zod';
import type { AwsRequest, AwsResponse, SendAwsRequest } from '../../client/aws-requests.ts';
import { LAMBDA_CONCURRENCY, type Quota } from './quotas.ts';

/** A value, or why it could not be read. */
export type Read<T> =
  | { readonly known: true; readonly value: T }
  | { readonly known: false; readonly reason: string };

export interface Identity {
  readonly account: string;
  readonly arn: string;
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const JSON_BODY = { 'content-type': 'application/json' };

const identitySchema = z.object({
  GetCallerIdentityResponse: z.object({
    GetCallerIdentityResult: z.object({ Account: z.string(), Arn: z.string() }),
  }),
});

/** Every principal may call this. */
export async function readIdentity(send: SendAwsRequest): Promise<Read<Identity>> {
  const response = await send({
    service: 'sts',
    headers: { ...FORM, accept: 'application/json' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  });
  if (response.kind !== 'answer') return unread(response, 'the caller', 'sts:GetCallerIdentity');
  const parsed = identitySchema.safeParse(parseJson(response.text)).data?.GetCallerIdentityResponse
    .GetCallerIdentityResult;
  // Some emulators know the XML form only.
  const account = parsed?.Account ?? /<Account>(\d+)</.exec(response.text)?.[1];
  const arn = parsed?.Arn ?? /<Arn>([^<]+)</.exec(response.text)?.[1];
  return account === undefined || arn === undefined
    ? { known: false, reason: 'the answer of STS has an unknown form' }
    : { known: true, value: { account, arn } };
}

const quotaSchema = z.object({ Quota: z.object({ Value: z.number() }) });

/** The value that applies to the account; AWS's default if none was set for it. */
export async function readQuota(send: SendAwsRequest, quota: Quota): Promise<Read<number>> {
  const applied = await send(quotaRequest('GetServiceQuota', quota));
  const isDefault = applied.kind === 'failed' && applied.code === 'NoSuchResourceException';
  const action = isDefault ? 'GetAWSDefaultServiceQuota' : 'GetServiceQuota';
  const response = isDefault ? await send(quotaRequest(action, quota)) : applied;
  return parsed(
    response,
    quotaSchema,
    ({ Quota }) => Quota.Value,
    `the quota ${quota.code}`,
    `servicequotas:${action}`,
  );
}

const quotaRequest = (action: string, { service, code }: Quota): AwsRequest => ({
  service: 'servicequotas',
  headers: {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': `ServiceQuotasV20190624.${action}`,
  },
  body: JSON.stringify({ ServiceCode: service, QuotaCode: code }),
});

const lambdaSchema = z.object({ AccountLimit: z.object({ ConcurrentExecutions: z.number() }) });

/**
 * The concurrency that Lambda enforces. Service Quotas can be behind it in new accounts, so it is
 * read only where Lambda itself does not answer.
 */
export async function readConcurrency(send: SendAwsRequest): Promise<Read<number>> {
  const own = parsed(
    await send({ service: 'lambda', method: 'GET', path: '/2016-08-19/account-settings/' }),
    lambdaSchema,
    ({ AccountLimit }) => AccountLimit.ConcurrentExecutions,
    "Lambda's account settings",
    'lambda:GetAccountSettings',
  );
  if (own.known) return own;
  const quota = await readQuota(send, LAMBDA_CONCURRENCY);
  return quota.known ? quota : { known: false, reason: `${own.reason}; ${quota.reason}` };
}

const jobQueueSchema = z.object({
  jobQueueName: z.string(),
  state: z.string(),
  status: z.string(),
  statusReason: z.string().optional(),
  computeEnvironmentOrder: z.array(z.object({ computeEnvironment: z.string() })).default([]),
});
export type JobQueue = z.infer<typeof jobQueueSchema>;
const environmentSchema = z.object({
  computeEnvironmentArn: z.string(),
  state: z.string().default(''),
  status: z.string().default(''),
  statusReason: z.string().optional(),
  computeResources: z
    .object({
      type: z.enum(['EC2', 'SPOT', 'FARGATE', 'FARGATE_SPOT']),
      maxvCpus: z.number(),
      instanceTypes: z.array(z.string()).default([]),
    })
    .optional(),
});
export type ComputeEnvironment = z.infer<typeof environmentSchema>;

/** All job queues of the account in the region: 50 at most, which are one page. */
export async function readJobQueues(send: SendAwsRequest): Promise<Read<readonly JobQueue[]>> {
  const schema = z.object({ jobQueues: z.array(jobQueueSchema) });
  return parsed(
    await send(batchRequest('/v1/describejobqueues')),
    schema,
    ({ jobQueues }) => jobQueues,
    'job queues',
    'batch:DescribeJobQueues',
  );
}

export async function readEnvironments(
  send: SendAwsRequest,
): Promise<Read<readonly ComputeEnvironment[]>> {
  const schema = z.object({ computeEnvironments: z.array(environmentSchema) });
  return parsed(
    await send(batchRequest('/v1/describecomputeenvironments')),
    schema,
    ({ computeEnvironments }) => computeEnvironments,
    'compute environments',
    'batch:DescribeComputeEnvironments',
  );
}

const batchRequest = (path: string): AwsRequest => ({
  service: 'batch',
  path,
  headers: JSON_BODY,
  body: JSON.stringify({ maxResults: 100 }),
});

/** The number of VPCs in the region, and whether a stack's own is among them. */
export async function readVpcs(
  send: SendAwsRequest,
  stack: string,
): Promise<Read<{ readonly count: number; readonly own: boolean }>> {
  const response = await send({
    service: 'ec2',
    headers: FORM,
    body: 'Action=DescribeVpcs&Version=2016-11-15',
  });
  if (response.kind !== 'answer') return unread(response, 'VPCs', 'ec2:DescribeVpcs');
  const tag = `<key>aws:cloudformation:stack-name</key>\\s*<value>${stack}</value>`;
  return {
    known: true,
    value: {
      count: response.text.match(/<vpcId>/g)?.length ?? 0,
      own: new RegExp(tag).test(response.text),
    },
  };
}

function parsed<D, T>(
  response: AwsResponse,
  schema: z.ZodType<D>,
  select: (document: D) => T,
  subject: string,
  permission: string,
): Read<T> {
  if (response.kind !== 'answer') return unread(response, subject, permission);
  const { data } = schema.safeParse(parseJson(response.text));
  return data === undefined
    ? { known: false, reason: `${subject}: AWS answered in an unknown form` }
    : { known: true, value: select(data) };
}

export function unread(
  response: Exclude<AwsResponse, { kind: 'answer' }>,
  subject: string,
  permission: string,
): { readonly known: false; readonly reason: string } {
  if (response.kind === 'denied')
    return { known: false, reason: `may not read ${subject}: grant ${permission}` };
  if (response.kind === 'unauthenticated')
    return { known: false, reason: `no valid AWS credentials: ${response.reason}` };
  return { known: false, reason: `${subject} could not be read: ${response.reason}` };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
