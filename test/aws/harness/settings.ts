/**
 * What the functions are told, as the stack tells them, where there is no stack.
 *
 * @module
 */
import type { Settings } from '../../../src/aws/deployment/settings.ts';

export const ACCOUNT = '000000000000';
const IMAGE = `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/headrace@sha256:0123`;

export interface SettingsOptions {
  readonly bucket: string;
  /** Names of the queues in SQS, and where they are. */
  readonly queues: {
    readonly transitions: string;
    readonly delays: string;
    readonly undelivered: string;
  };
  readonly urlOf: (queue: string) => string;
}

export const deploymentSettings = ({ bucket, queues, urlOf }: SettingsOptions): Settings => ({
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: ACCOUNT,
  tasksTable: 'tasks',
  cacheTable: 'cache',
  bucket,
  transitionsUrl: urlOf(queues.transitions),
  transitionsArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${queues.transitions}`,
  delaysUrl: urlOf(queues.delays),
  scheduleGroup: 'headrace',
  scheduleRoleArn: `arn:aws:iam::${ACCOUNT}:role/headrace-schedules`,
  scheduleDeadLettersArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${queues.undelivered}`,
  bus: 'headrace',
  stepEvents: false,
  evaluatorFunctionName: 'headrace-evaluator',
  evaluatorIsolation: 'tenant',
  queues: { default: { platform: 'fargate', spot: false, gpu: false } },
  assignPublicIp: true,
  projects: [],
  image: IMAGE,
  runnerImage: IMAGE,
  resources: { vcpus: 1, memoryMiB: 2048 },
  retentionDays: 90,
});
