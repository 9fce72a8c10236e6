/**
 * What the functions are told, as the stack tells them, of services on this machine.
 *
 * @module
 */
import type { Settings } from '../../../../src/aws/deployment/settings.ts';
import { ACCOUNT, deploymentSettings } from '../../harness/settings.ts';

export const BUCKET = 'headrace-bucket';
export const QUEUES = {
  transitions: 'transitions.fifo',
  deadLetters: 'dead-letters.fifo',
  delays: 'delays',
  undelivered: 'undelivered',
} as const;

export const settingsAt = (url: string): Settings =>
  deploymentSettings({
    bucket: BUCKET,
    queues: QUEUES,
    urlOf: (queue) => `${url}/${ACCOUNT}/${queue}`,
  });
