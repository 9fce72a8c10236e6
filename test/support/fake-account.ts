/**
 * A server that answers as the read-only operations of AWS which a diagnosis uses, and as the API
 * of a deployment in the same account.
 *
 * @module
 */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ComputeEnvironment, JobQueue } from '../../src/cli/doctor/account.ts';
import { headraceVersion } from '../../src/submit/package-version.ts';
import type { DeclaredQueue, Service } from '../../src/wire/service.ts';

export interface FakeAccount {
  readonly account: string;
  /** Quotas of Service Quotas by code. One without a value has only a default, of 5. */
  readonly quotas: Readonly<Record<string, number>>;
  readonly lambdaConcurrency: number;
  readonly vpcs: number;
  readonly jobQueues: readonly JobQueue[];
  readonly environments: readonly ComputeEnvironment[];
  /** The environment of the function of notifications; undefined: there is no such function. */
  readonly notifications: object | undefined;
  /** What the function of notifications returns; a text is the message of the error that it throws. */
  readonly invoked: object | string;
  /** By topic, pages of the protocol, the address and the ARN of subscriptions. */
  readonly subscriptions: Readonly<
    Record<string, readonly (readonly (readonly [string, string, string])[])[]>
  >;
  /** Operations that the caller may not call. */
  readonly denied: readonly string[];
  /** Operations that never answer. */
  readonly silent: readonly string[];
  /** The API's response to `GET /v1`; a number is a status. */
  readonly service: Service | number;
  readonly queues: readonly DeclaredQueue[];
  /** Milliseconds that the server's clock is ahead. */
  readonly clockMs: number;
}

export interface RunningAccount {
  readonly url: string;
  /** Operations in the order of their requests, and their bodies. */
  readonly operations: string[];
  readonly bodies: string[];
  close(): Promise<void>;
}

const DEFAULT_QUOTA = 5;
/** The stage of the API: its routes are below it. */
export const API_PATH = '/live';

/** An account with the usual quotas, and a deployment with one queue on Fargate. */
export const ORDINARY: FakeAccount = {
  account: '123456789012',
  quotas: { 'L-B99A9384': 1000, 'L-3032A538': 4000, 'L-36FBB829': 4000, 'L-F678F1CE': 5 },
  lambdaConcurrency: 1000,
  vpcs: 1,
  jobQueues: [
    {
      jobQueueName: 'headrace-default',
      state: 'ENABLED',
      status: 'VALID',
      computeEnvironmentOrder: [{ computeEnvironment: 'arn:environment/default' }],
    },
  ],
  environments: [
    {
      computeEnvironmentArn: 'arn:environment/default',
      state: 'ENABLED',
      status: 'VALID',
      computeResources: { type: 'FARGATE', maxvCpus: 256, instanceTypes: [] },
    },
  ],
  notifications: undefined,
  invoked: [],
  subscriptions: {},
  denied: [],
  silent: [],
  service: {
    name: 'headrace',
    version: headraceVersion(),
    stepExecutor: 'container',
    deployment: {
      prefix: 'headrace',
      region: 'eu-west-1',
      account: '123456789012',
      controllerConcurrency: 100,
      evaluatorIsolation: 'tenant',
    },
  },
  queues: [{ name: 'default', platform: 'fargate', spot: false, gpu: false, concurrency: null }],
  clockMs: 0,
};

/** What AWS SDKs and the command read to use the server instead of AWS. */
export const environmentOf = ({ url }: RunningAccount): Readonly<Record<string, string>> => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'test',
});

export async function startAccount(account: FakeAccount): Promise<RunningAccount> {
  const operations: string[] = [];
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    const operation = operationOf(request, body);
    operations.push(operation);
    bodies.push(body);
    if (account.silent.includes(operation)) return;
    const isXml =
      operation === 'GetCallerIdentity' && request.headers.accept !== 'application/json';
    const { status, text } = isXml
      ? { status: 200, text: identityXml(account) }
      : answer(account, operation, body);
    response.setHeader('date', new Date(Date.now() + account.clockMs).toUTCString());
    response
      .writeHead(status, { 'content-type': isXml ? 'text/xml' : 'application/json' })
      .end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    operations,
    bodies,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function operationOf({ url = '', headers }: IncomingMessage, body: string): string {
  const target = headers['x-amz-target'];
  if (typeof target === 'string') return target.split('.')[1] ?? '';
  return /^Action=(\w+)/.exec(body)?.[1] ?? url.split('?')[0]?.replace(API_PATH, '') ?? '';
}

const identityXml = ({ account }: FakeAccount): string =>
  `<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::${account}:user/ada</Arn><UserId>A</UserId><Account>${account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;

function subscriptionsXml({ subscriptions }: FakeAccount, request: URLSearchParams): string {
  const pages = subscriptions[request.get('TopicArn') ?? ''] ?? [];
  const page = Number(request.get('NextToken') ?? 0);
  const members = (pages[page] ?? []).map(
    ([protocol, address, arn]) =>
      `<member><TopicArn>t</TopicArn><Protocol>${protocol}</Protocol><SubscriptionArn>${arn}</SubscriptionArn><Owner>1</Owner><Endpoint>${address.replaceAll('&', '&amp;')}</Endpoint></member>`,
  );
  const next = page + 1 < pages.length ? `<NextToken>${page + 1}</NextToken>` : '';
  return `<ListSubscriptionsByTopicResponse><ListSubscriptionsByTopicResult><Subscriptions>${members.join('')}</Subscriptions>${next}</ListSubscriptionsByTopicResult></ListSubscriptionsByTopicResponse>`;
}

function answer(account: FakeAccount, operation: string, body: string) {
  const ok = (document: unknown) => ({ status: 200, text: JSON.stringify(document) });
  const refused = (status: number, type: string, message: string) => ({
    status,
    text: JSON.stringify({ __type: `com.amazonaws#${type}`, message }),
  });
  if (account.denied.includes(operation))
    return refused(400, 'AccessDeniedException', `not authorized to perform ${operation}`);
  switch (operation) {
    case 'GetCallerIdentity':
      return ok({
        GetCallerIdentityResponse: {
          GetCallerIdentityResult: {
            Account: account.account,
            Arn: `arn:aws:iam::${account.account}:user/ada`,
          },
        },
      });
    case 'GetServiceQuota': {
      const { QuotaCode: code }: { readonly QuotaCode: string } = JSON.parse(body);
      const value = account.quotas[code];
      return value === undefined
        ? refused(400, 'NoSuchResourceException', 'there is no such quota')
        : ok({ Quota: { Value: value } });
    }
    case 'GetAWSDefaultServiceQuota':
      return ok({ Quota: { Value: DEFAULT_QUOTA } });
    case '/2016-08-19/account-settings/':
      return ok({ AccountLimit: { ConcurrentExecutions: account.lambdaConcurrency } });
    case '/2015-03-31/functions/headrace-notifications/configuration':
      return account.notifications === undefined
        ? refused(404, 'ResourceNotFoundException', 'there is no such function')
        : ok({ Environment: account.notifications });
    case '/2015-03-31/functions/headrace-notifications/invocations':
      if (account.notifications === undefined)
        return refused(404, 'ResourceNotFoundException', 'there is no such function');
      return ok(
        typeof account.invoked === 'string'
          ? { errorType: 'Error', errorMessage: account.invoked }
          : account.invoked,
      );
    case 'ListSubscriptionsByTopic':
      return { status: 200, text: subscriptionsXml(account, new URLSearchParams(body)) };
    case '/v1/describejobqueues':
      return ok({ jobQueues: account.jobQueues });
    case '/v1/describecomputeenvironments':
      return ok({ computeEnvironments: account.environments });
    case 'DescribeVpcs':
      return {
        status: 200,
        text: `<DescribeVpcsResponse><vpcSet>${'<item><vpcId>vpc-1</vpcId></item>'.repeat(account.vpcs)}</vpcSet></DescribeVpcsResponse>`,
      };
    case '/v1':
      return typeof account.service === 'number'
        ? { status: account.service, text: '{"message":"Forbidden"}' }
        : ok(account.service);
    case '/v1/queues':
      return ok({ items: account.queues });
    default:
      return { status: 404, text: '{}' };
  }
}
