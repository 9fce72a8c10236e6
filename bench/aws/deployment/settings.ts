/**
 * The settings that the functions receive, in the form in which the stack passes them.
 *
 * @module
 */
import { forEachQueue } from '../../../src/aws/deployment/message-queues.ts';
import type { LambdaQueueSettings, Settings } from '../../../src/aws/deployment/settings.ts';
import { queueName } from '../../../test/aws/harness/queues.ts';
import { ACCOUNT, deploymentSettings } from '../../../test/aws/harness/settings.ts';

export const PREFIX = 'headrace';
const QUEUE_NAMES = forEachQueue((queue) => `${PREFIX}-${queueName(queue)}`);
const urlOf = (queue: string): string => `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/${queue}`;

export const URLS = forEachQueue(({ name }) => urlOf(QUEUE_NAMES[name]));
export const BUCKET = 'headrace-bucket-0123456789ab';
export const API = 'https://abcdefghij.execute-api.us-east-1.amazonaws.com';

/** @param lambdaQueue makes the queue `default` one on Lambda. Default: on Fargate */
export function settings(lambdaQueue?: LambdaQueueSettings): Settings {
  const deployed = deploymentSettings({
    bucket: BUCKET,
    nameOf: (queue) => QUEUE_NAMES[queue],
    urlOf,
  });
  return lambdaQueue === undefined ? deployed : { ...deployed, queues: { default: lambdaQueue } };
}
