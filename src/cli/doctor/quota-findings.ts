/**
 * Compares the quotas of an account with the demand of a deployment.
 *
 * @module
 */
import type { Read } from './account.ts';
import type { Finding } from './finding.ts';
import {
  BATCH_ENVIRONMENTS,
  BATCH_QUEUES,
  controllersWithin,
  LAMBDA_CONCURRENCY,
  type Quota,
  type RequiredQuota,
  VPCS,
} from './quotas.ts';

export interface AwsLocation {
  readonly region: string;
  /** A profile of the AWS configuration, for the printed commands. */
  readonly profile?: string | undefined;
}

/** The command and the page that request an increase. */
export function increaseOf(
  { service, code }: Quota,
  desired: number,
  { region, profile }: AwsLocation,
): readonly string[] {
  const options = `--service-code ${service} --quota-code ${code} --desired-value ${desired} --region ${region}${profile === undefined ? '' : ` --profile ${profile}`}`;
  return [
    `aws service-quotas request-service-quota-increase ${options}`,
    `https://${region}.console.aws.amazon.com/servicequotas/home/services/${service}/quotas/${code}`,
  ];
}

export function quotaFinding(
  required: RequiredQuota,
  read: Read<number>,
  location: AwsLocation,
): Finding {
  const { quota, needed, basis, consequence, minimum, unit } = required;
  const subject = `${quota.name} (${quota.code})`;
  const line = { subject, needed: `${needed}${unit}: ${basis}` };
  if (!read.known) return { ...line, status: 'unknown', value: 'unknown', advice: [read.reason] };
  const value = `${read.value}${unit}`;
  if (read.value >= needed) return { ...line, status: 'ok', value };
  const remedies = [
    `${read.value} < ${needed}: ${read.value < minimum ? 'nothing can run' : consequence}; request ${needed}:`,
    ...increaseOf(quota, needed, location),
  ];
  if (quota.code === LAMBDA_CONCURRENCY.code)
    remedies.push(
      `until it is granted, set controllerConcurrency: ${controllersWithin(read.value)} in the configuration`,
    );
  return { ...line, status: read.value < minimum ? 'fail' : 'warn', value, advice: remedies };
}

/** Quotas of AWS Batch that AWS does not raise. */
export const batchFindings = (queues: number, environments: number): readonly Finding[] => [
  fixedFinding(BATCH_QUEUES, queues),
  fixedFinding(BATCH_ENVIRONMENTS, environments),
];

const MAX_PER_REGION = 50;

const fixedFinding = ({ name, code }: Quota, used: number): Finding => ({
  subject: `${name} (${code})`,
  status: used < MAX_PER_REGION ? 'ok' : 'warn',
  value: `${used} of ${MAX_PER_REGION} in use`,
  ...(used < MAX_PER_REGION
    ? {}
    : { advice: ['no further queue can be added in this region: AWS does not raise this quota'] }),
});

/** For a stack that creates a VPC of its own. */
export function vpcFinding(
  used: Read<{ readonly count: number; readonly own: boolean }>,
  quota: Read<number>,
  location: AwsLocation,
): Finding {
  const subject = `${VPCS.name} (${VPCS.code})`;
  if (!used.known) return { subject, status: 'unknown', value: 'unknown', advice: [used.reason] };
  if (!quota.known) return { subject, status: 'unknown', value: 'unknown', advice: [quota.reason] };
  const value = `${used.value.count} of ${quota.value} in use`;
  if (used.value.own || used.value.count < quota.value) return { subject, status: 'ok', value };
  return {
    subject,
    status: 'fail',
    value,
    needed: "one for the stack's own network",
    advice: [
      "the deployment fails: name a network (network: { type: 'given', … }), or request one more:",
      ...increaseOf(VPCS, quota.value + 1, location),
    ],
  };
}
