/**
 * What the functions are told, as the stack tells them.
 *
 * @module
 */
import type { Settings } from '../../../src/aws/settings.ts';

const ACCOUNT = '000000000000';
const SQS = `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}`;

export const URLS = { transitions: `${SQS}/headrace-transitions.fifo`, delays: `${SQS}/headrace-delays` } as const;
export const BUCKET = 'headrace-bucket-0123456789ab';
export const API = 'https://abcdefghij.execute-api.us-east-1.amazonaws.com';

export const settings = (): Settings => ({
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: ACCOUNT,
  tasksTable: 'tasks',
  cacheTable: 'cache',
  bucket: BUCKET,
  transitionsUrl: URLS.transitions,
  transitionsArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:headrace-transitions.fifo`,
  delaysUrl: URLS.delays,
  scheduleGroup: 'headrace',
  scheduleRoleArn: `arn:aws:iam::${ACCOUNT}:role/headrace-schedules`,
  scheduleDeadLettersArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:headrace-undelivered`,
  bus: 'headrace',
  stepEvents: false,
  evaluator: 'headrace-evaluator',
  evaluatorIsolation: 'tenant',
  queues: { default: { platform: 'fargate', spot: false, gpu: false } },
  assignPublicIp: true,
  projects: [],
  image: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/headrace@sha256:0123`,
  runnerImage: `${ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/headrace@sha256:0123`,
  resources: { vcpus: 1, memoryMiB: 2048 },
  retentionDays: 90,
});
