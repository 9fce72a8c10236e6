/**
 * What the functions are told, as the stack tells them.
 *
 * @module
 */
import type { Settings } from '../../../src/aws/deployment/settings.ts';
import { ACCOUNT, deploymentSettings } from '../../../test/aws/harness/settings.ts';

const QUEUES = {
  transitions: 'headrace-transitions.fifo',
  delays: 'headrace-delays',
  undelivered: 'headrace-undelivered',
} as const;
const urlOf = (queue: string): string => `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/${queue}`;

export const URLS = {
  transitions: urlOf(QUEUES.transitions),
  delays: urlOf(QUEUES.delays),
} as const;
export const BUCKET = 'headrace-bucket-0123456789ab';
export const API = 'https://abcdefghij.execute-api.us-east-1.amazonaws.com';

export const settings = (): Settings =>
  deploymentSettings({ bucket: BUCKET, queues: QUEUES, urlOf });
