/**
 * The functions' settings as the stack writes them, for services on this machine.
 *
 * @module
 */
import { stepFunctionName } from '../../../../src/aws/deployment/lambda-queues.ts';
import { forEachQueue } from '../../../../src/aws/deployment/message-queues.ts';
import type { Settings } from '../../../../src/aws/deployment/settings.ts';
import { queueName } from '../../harness/queues.ts';
import { ACCOUNT, deploymentSettings } from '../../harness/settings.ts';

export const BUCKET = 'headrace-bucket';
export const QUEUE_NAMES = forEachQueue(queueName);

/** The queue on Lambda. */
export const STEP_QUEUE = 'quick';
export const STEP_QUEUE_SETTINGS = {
  platform: 'lambda',
  timeoutSeconds: 60,
  maxConcurrency: 4,
} as const;
/** The name in SQS of the queue that starts its steps. */
export const STEP_QUEUE_NAME = stepFunctionName('headrace', STEP_QUEUE, 'default');
export const STEP_QUEUE_URL_PATH = `/${ACCOUNT}/${STEP_QUEUE_NAME}`;
export const TRANSITIONS_URL_PATH = `/${ACCOUNT}/${QUEUE_NAMES.transitions}`;

export function settingsAt(url: string): Settings {
  const settings = deploymentSettings({
    bucket: BUCKET,
    nameOf: (queue) => QUEUE_NAMES[queue],
    urlOf: (name) => `${url}/${ACCOUNT}/${name}`,
  });
  return { ...settings, queues: { ...settings.queues, [STEP_QUEUE]: STEP_QUEUE_SETTINGS } };
}
