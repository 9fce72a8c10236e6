/**
 * The functions' settings as the stack writes them, for tests without a stack.
 *
 * @module
 */
import {
  type MessageQueueName,
  queueSettings,
} from '../../../src/aws/deployment/message-queues.ts';
import type { Settings } from '../../../src/aws/deployment/settings.ts';
import { tableSettings } from '../../../src/aws/deployment/table-schemas.ts';

import type { Retention } from '../../../src/model/retention.ts';

/** The default of the configuration. */
export const RETENTION: Retention = { activeDays: 30, runDays: 90, reuseDays: 90 };
export const ACCOUNT = '000000000000';
const IMAGE = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/headrace@sha256:0123`;

const arnOf = (queue: string): string => `arn:aws:sqs:us-east-1:${ACCOUNT}:${queue}`;

export interface SettingsOptions {
  readonly bucket: string;
  /** The name of a queue in SQS. */
  readonly nameOf: (queue: MessageQueueName) => string;
  /** The URL of a queue, by its name in SQS. */
  readonly urlOf: (name: string) => string;
}

export const deploymentSettings = ({ bucket, nameOf, urlOf }: SettingsOptions): Settings => ({
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: ACCOUNT,
  ...tableSettings((table) => table),
  bucket,
  ...queueSettings((queue, attribute) =>
    attribute === 'url' ? urlOf(nameOf(queue)) : arnOf(nameOf(queue)),
  ),
  scheduleGroup: 'headrace',
  scheduleRoleArn: `arn:aws:iam::${ACCOUNT}:role/headrace-schedules`,
  scheduleDeadLettersArn: arnOf(nameOf('undelivered')),
  firingGroup: 'headrace-firings',
  firingRoleArn: `arn:aws:iam::${ACCOUNT}:role/headrace-firings`,
  bus: 'headrace',
  secretArn: `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:headrace-AbCdEf`,
  stepLogGroup: '/headrace/steps',
  stepEvents: false,
  evaluatorFunctionName: 'headrace-evaluator',
  evaluatorIsolation: 'tenant',
  controllerConcurrency: 100,
  queues: { default: { platform: 'fargate', spot: false, gpu: false } },
  assignPublicIp: true,
  projects: [],
  image: IMAGE,
  runnerImage: IMAGE,
  resources: { vcpus: 1, memoryMiB: 2048 },
  retention: RETENTION,
});
