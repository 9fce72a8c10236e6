/**
 * Checks the AWS account of a deployment: the caller's account, the job queues, the quotas, and the
 * subscriptions of mails.
 *
 * @module
 */
import { jobQueueName } from '../../aws/deployment/resource-names.ts';
import type { SendAwsRequest } from '../../client/aws-requests.ts';
import type { DeclaredQueue, Service } from '../../wire/service.ts';
import {
  type ComputeEnvironment,
  type JobQueue,
  type Read,
  readConcurrency,
  readEnvironments,
  readIdentity,
  readJobQueues,
  readQuota,
} from './account.ts';
import type { Finding } from './finding.ts';
import { mailFindings } from './mail-findings.ts';
import { type AwsLocation, batchFindings, quotaFinding } from './quota-findings.ts';
import { type ComputeCapacity, requiredConcurrency, requiredVcpus } from './quotas.ts';

export type Deployment = NonNullable<Service['deployment']>;

export async function diagnoseDeployment(
  deployment: Deployment,
  queues: readonly DeclaredQueue[],
  send: SendAwsRequest,
  location: AwsLocation,
): Promise<readonly Finding[]> {
  const isolation = isolationFinding(deployment);
  const identity = await readIdentity(send);
  const account = accountFinding(deployment, identity);
  if (!identity.known || identity.value.account !== deployment.account)
    return [isolation, account, UNREAD];
  const [jobQueues, environments, concurrency, mails] = await Promise.all([
    readJobQueues(send),
    readEnvironments(send),
    readConcurrency(send),
    mailFindings(deployment.prefix, send, location),
  ]);
  const batchQueues = queues.filter(({ platform }) => isOnBatch(platform));
  const own = ownEnvironments(deployment.prefix, batchQueues, jobQueues, environments);
  const vcpus = await Promise.all(
    requiredVcpus(own.flatMap(capacityOf)).map(async (required) =>
      quotaFinding(required, await readQuota(send, required.quota), location),
    ),
  );
  const functionSteps = queues
    .filter(({ platform }) => !isOnBatch(platform))
    .reduce((sum, queue) => sum + (queue.concurrency ?? 0), 0);
  return [
    isolation,
    account,
    ...batchQueues.map((queue) => queueFinding(deployment.prefix, queue, jobQueues, environments)),
    quotaFinding(requiredConcurrency({ ...deployment, functionSteps }), concurrency, location),
    ...vcpus,
    ...(jobQueues.known && environments.known
      ? batchFindings(jobQueues.value.length, environments.value.length)
      : []),
    ...mails,
  ];
}

const isOnBatch = (platform: DeclaredQueue['platform']): boolean =>
  platform === 'fargate' || platform === 'ec2';

const UNREAD: Finding = {
  subject: 'quotas and queues',
  status: 'unknown',
  value: 'not read',
  advice: ["they need credentials of the deployment's account: --aws-profile names others"],
};

function accountFinding(
  { account, region }: Deployment,
  identity: Read<{ account: string; arn: string }>,
): Finding {
  const subject = 'AWS account';
  if (!identity.known)
    return { subject, status: 'unknown', value: 'unknown', advice: [identity.reason] };
  const { account: own, arn } = identity.value;
  if (own === account)
    return { subject, status: 'ok', value: `${account} in ${region}, as ${arn}` };
  return {
    subject,
    status: 'warn',
    value: `the credentials belong to ${own}, the deployment to ${account}`,
  };
}

function isolationFinding({ evaluatorIsolation, region }: Deployment): Finding {
  const subject = 'isolation of projects';
  if (evaluatorIsolation === 'tenant')
    return { subject, status: 'ok', value: 'an evaluator serves one project (tenant)' };
  return {
    subject,
    status: 'warn',
    value: `an evaluator serves all projects (function, ${region})`,
    advice: [
      'projects that must not trust each other need two deployments, or evaluatorIsolation: tenant where the region has it (docs/deploying.md)',
    ],
  };
}

const queueNamed = (
  prefix: string,
  name: string,
  jobQueues: readonly JobQueue[],
): JobQueue | undefined =>
  jobQueues.find(({ jobQueueName: each }) => each === jobQueueName(prefix, name));

/** The environments of the queue, in its order. */
const environmentsOf = (
  { computeEnvironmentOrder }: JobQueue,
  environments: readonly ComputeEnvironment[],
): readonly ComputeEnvironment[] =>
  computeEnvironmentOrder.flatMap(({ computeEnvironment }) =>
    environments.filter(
      ({ computeEnvironmentArn }) => computeEnvironmentArn === computeEnvironment,
    ),
  );

function ownEnvironments(
  prefix: string,
  queues: readonly DeclaredQueue[],
  jobQueues: Read<readonly JobQueue[]>,
  environments: Read<readonly ComputeEnvironment[]>,
): readonly ComputeEnvironment[] {
  if (!jobQueues.known || !environments.known) return [];
  const found = queues.flatMap(({ name }) => {
    const queue = queueNamed(prefix, name, jobQueues.value);
    return queue === undefined ? [] : environmentsOf(queue, environments.value);
  });
  return [...new Set(found)];
}

const capacityOf = ({ computeResources }: ComputeEnvironment): readonly ComputeCapacity[] =>
  computeResources === undefined
    ? []
    : [
        {
          type: computeResources.type,
          maxVcpus: computeResources.maxvCpus,
          instanceTypes: computeResources.instanceTypes,
        },
      ];

function queueFinding(
  prefix: string,
  { name }: DeclaredQueue,
  jobQueues: Read<readonly JobQueue[]>,
  environments: Read<readonly ComputeEnvironment[]>,
): Finding {
  const subject = `queue ${name}`;
  if (!jobQueues.known)
    return { subject, status: 'unknown', value: 'unknown', advice: [jobQueues.reason] };
  const queue = queueNamed(prefix, name, jobQueues.value);
  if (queue === undefined)
    return {
      subject,
      status: 'fail',
      value: `there is no job queue ${jobQueueName(prefix, name)}`,
      advice: ['deploy the stack again'],
    };
  if (!environments.known) {
    const value = `${queue.state}, ${queue.status}`;
    return { subject, status: 'unknown', value, advice: [environments.reason] };
  }
  const parts = [queue, ...environmentsOf(queue, environments.value)];
  const broken = parts.filter(
    ({ state, status }) => state !== 'ENABLED' || !['VALID', 'UPDATING'].includes(status),
  );
  const value = parts
    .map(({ state, status }, index) => `${index === 0 ? '' : 'environment '}${state}, ${status}`)
    .join('; ');
  if (broken.length === 0) return { subject, status: 'ok', value };
  return {
    subject,
    status: 'fail',
    value,
    needed: 'ENABLED, VALID',
    advice: broken.map(
      ({ statusReason }) => statusReason ?? 'enable it, or deploy the stack again',
    ),
  };
}
