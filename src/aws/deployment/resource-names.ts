/**
 * The names of a deployment's resources that depend on the configuration: the stack creates
 * resources under these names, and the functions find them. `prefix` is the prefix of the deployment
 * (default: `headrace`).
 *
 * 1. Names are fixed only where their number depends on the configuration, or where users need them.
 *    CloudFormation chooses all others, and the settings contain them (`settings.ts`).
 * 2. CloudFormation cannot replace a resource with a fixed name. Its create-only properties must not
 *    depend on configuration that users change.
 * 3. Data that outlives its stack has no fixed name: a new stack could not create it again.
 *
 * @module
 */
import { createHash } from 'node:crypto';

export interface DeploymentLocation {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

const SLUG_HASH_LENGTH = 8;

/**
 * A name of the configuration as part of a resource's name: letters, digits and dashes, and a hash
 * if it is too long or other characters were replaced.
 */
export function slug(name: string, maxLength: number): string {
  const sanitized = name.replaceAll(/[^A-Za-z0-9-]/gu, '-');
  if (sanitized === name && name.length <= maxLength) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, SLUG_HASH_LENGTH);
  return `${sanitized.slice(0, maxLength - SLUG_HASH_LENGTH - 1)}-${hash}`;
}

export const jobQueueName = (prefix: string, queue: string): string =>
  `${prefix}-${slug(queue, 33)}`;

/**
 * Roles exist in all regions of an account, so that their names contain the region. A name has 64
 * characters at most: 20 of the prefix, 15 of the longest region.
 */
const MAX_ROLE_SLUG = 22;
type RoleScope = Pick<DeploymentLocation, 'region'> & { readonly prefix: string };
/** `project` is `default` for every project that the configuration does not declare. */
export const stepRoleName = ({ prefix, region }: RoleScope, project: string): string =>
  `${prefix}-step-${region}-${slug(project, MAX_ROLE_SLUG)}`;
export const executionRoleName = ({ prefix, region }: RoleScope): string =>
  `${prefix}-execution-${region}`;
const DEFINITION_HASH_LENGTH = 32;
/** The name of a job definition: `<prefix>-<hash of its content>`. */
export const jobDefinitionName = (prefix: string, hash: string): string =>
  `${prefix}-${hash.slice(0, DEFINITION_HASH_LENGTH)}`;
/**
 * The names of all job definitions of a deployment, as a pattern of IAM. It does not match those of
 * a deployment whose prefix starts with this one.
 */
export const jobDefinitionPattern = (prefix: string): string =>
  jobDefinitionName(prefix, '?'.repeat(DEFINITION_HASH_LENGTH));
/** The tag of the jobs and job definitions of a deployment. Its value is the prefix. */
export const DEPLOYMENT_TAG = 'headrace:deployment';
/**
 * The resource of the REST API below which API Gateway authorizes every request: the routes
 * themselves require the token of a run.
 */
export const RUN_TOKEN_RESOURCE = '/evaluations';

export const jobQueueArn = (
  { partition, region, account }: DeploymentLocation,
  prefix: string,
  queue: string,
): string => `arn:${partition}:batch:${region}:${account}:job-queue/${jobQueueName(prefix, queue)}`;
/** The ARN of a queue, from its URL, which ends with its name. */
export const queueArn = ({ partition, region, account }: DeploymentLocation, url: string): string =>
  `arn:${partition}:sqs:${region}:${account}:${url.split('/').at(-1)}`;
export const roleArn = ({ partition, account }: DeploymentLocation, name: string): string =>
  `arn:${partition}:iam::${account}:role/${name}`;
