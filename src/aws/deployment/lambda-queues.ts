/**
 * Queues whose steps run in Lambda functions: limits and names that the stack, the controller and
 * the functions share.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { slug } from './resource-names.ts';

/** The limit of a Lambda function, in seconds. */
export const MAX_FUNCTION_SECONDS = 900;
/** The time after a step's limit in which its outcome is reported. */
const REPORT_SECONDS = 20;
/** A message is received again only after its function has ended. */
const VISIBILITY_MARGIN_SECONDS = 30;

/** The function's own limit. Near the limit of Lambda, a step is stopped earlier. */
export const functionTimeoutSeconds = (queueTimeoutSeconds: number): number =>
  Math.min(MAX_FUNCTION_SECONDS, queueTimeoutSeconds + REPORT_SECONDS);

export const stepQueueVisibilitySeconds = (queueTimeoutSeconds: number): number =>
  functionTimeoutSeconds(queueTimeoutSeconds) + VISIBILITY_MARGIN_SECONDS;

/** The environment of a function that executes steps. */
export const STEP_FUNCTION_VARIABLES = {
  bucket: 'HEADRACE_BUCKET',
  /** URL of the queue that invokes the function. */
  queue: 'HEADRACE_QUEUE',
  /** URL of the FIFO queue of transitions. */
  transitions: 'HEADRACE_TRANSITIONS',
} as const;

const PROJECT_HASH_LENGTH = 8;

/**
 * The name of the SQS queue that starts the steps of a project, and of its function.
 *
 * @param role the project, or `default` for all projects that the configuration does not declare
 */
export const stepFunctionName = (prefix: string, queue: string, role: string): string =>
  `${prefix}-${slug(queue, 33)}-${createHash('sha256').update(role).digest('hex').slice(0, PROJECT_HASH_LENGTH)}`;

/** The URL of a queue of the same account, from the URL of another one. */
export const siblingQueueUrl = (url: string, name: string): string => url.replace(/[^/]+$/, name);
