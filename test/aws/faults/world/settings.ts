/**
 * What the functions are told, as the stack tells them, of services on this machine.
 *
 * @module
 */
import type { Settings } from '../../../../src/aws/settings.ts';

export const ACCOUNT = '000000000000';
export const BUCKET = 'headrace-bucket';
export const QUEUES = { transitions: 'transitions.fifo', deadLetters: 'dead-letters.fifo', delays: 'delays', undelivered: 'undelivered' } as const;

export const settingsAt = (url: string): Settings => ({
  prefix: 'headrace',
  partition: 'aws',
  region: 'us-east-1',
  account: ACCOUNT,
  tasksTable: 'tasks',
  cacheTable: 'cache',
  bucket: BUCKET,
  transitionsUrl: `${url}/${ACCOUNT}/${QUEUES.transitions}`,
  transitionsArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QUEUES.transitions}`,
  delaysUrl: `${url}/${ACCOUNT}/${QUEUES.delays}`,
  scheduleGroup: 'headrace',
  scheduleRoleArn: `arn:aws:iam::${ACCOUNT}:role/headrace-schedules`,
  scheduleDeadLettersArn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QUEUES.undelivered}`,
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
