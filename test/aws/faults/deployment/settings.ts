/**
 * The functions' settings as the stack writes them, for services on this machine.
 *
 * @module
 */
import { forEachQueue } from '../../../../src/aws/deployment/message-queues.ts';
import type { Settings } from '../../../../src/aws/deployment/settings.ts';
import { queueName } from '../../harness/queues.ts';
import { ACCOUNT, deploymentSettings } from '../../harness/settings.ts';

export const BUCKET = 'headrace-bucket';
export const QUEUE_NAMES = forEachQueue(queueName);

export const settingsAt = (url: string): Settings =>
  deploymentSettings({
    bucket: BUCKET,
    nameOf: (queue) => QUEUE_NAMES[queue],
    urlOf: (name) => `${url}/${ACCOUNT}/${name}`,
  });
