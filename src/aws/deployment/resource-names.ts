/**
 * The names of a deployment's resources. The stack creates resources under these names, and the
 * functions find them.
 *
 * `prefix` is the prefix of the deployment (default: `headrace`). No name here depends on outputs
 * of the stack, which keeps the settings small.
 *
 * @module
 */
import { createHash } from 'node:crypto';

export interface DeploymentLocation {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

/**
 * A project as part of a resource's name: letters, digits and dashes, and a hash if other
 * characters were replaced.
 */
export function slug(project: string): string {
  const sanitized = project.replaceAll(/[^A-Za-z0-9-]/gu, '-').slice(0, 24);
  return sanitized === project
    ? sanitized
    : `${sanitized}-${createHash('sha256').update(project).digest('hex').slice(0, 8)}`;
}

export const jobQueueName = (prefix: string, queue: string): string => `${prefix}-${slug(queue)}`;
/** `project` is `default` for every project that the configuration does not declare. */
export const stepRoleName = (prefix: string, project: string): string =>
  `${prefix}-step-${slug(project)}`;
export const executionRoleName = (prefix: string): string => `${prefix}-execution`;
export const stepLogGroup = (prefix: string): string => `/${prefix}/steps`;
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
export const tokenSecretName = (prefix: string): string => `${prefix}/tokens`;

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
