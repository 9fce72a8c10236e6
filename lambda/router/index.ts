/**
 * The router's function: handles events of Batch and delayed messages that are due, both from
 * queues.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readDeploymentSecret } from '../../src/aws/auth/deployment-secret.ts';
import { readSettings } from '../../src/aws/deployment/settings.ts';
import {
  batchResponseOf,
  readSqsRecords,
  type SqsBatchResponse,
} from '../../src/aws/lambda/sqs-event.ts';
import { createSqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import { createTransitionRouter } from '../../src/aws/messages/transition-router.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createDynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import { createDelayQueue } from '../../src/aws/timers/timer-scheduler.ts';

async function assembleRouter() {
  const settings = readSettings();
  const { tasksTable: table, retention, secretArn, transitionsUrl, delaysUrl } = settings;
  const secret = await readDeploymentSecret(
    new SecretsManagerClient(requestLimits('secrets-manager')),
    secretArn,
  );
  const clock = { now: Date.now };
  const sqs = new SQSClient(requestLimits('sqs'));
  return createTransitionRouter({
    tasks: createDynamoTasks({
      client: new DynamoDBClient(requestLimits('dynamodb')),
      table,
      retention,
      role: 'reader',
      clock,
    }),
    transitions: createSqsTransitions({ client: sqs, queueUrl: transitionsUrl, secret }),
    delayQueue: createDelayQueue({ client: sqs, queueUrl: delaysUrl, secret, clock }),
    secret,
    clock,
    log,
  });
}

const router = await assembleRouter();

export async function handler(event: unknown): Promise<SqsBatchResponse> {
  const records = readSqsRecords(event) ?? [];
  return batchResponseOf(
    await router.route(records.map(({ messageId: id, body }) => ({ id, body }))),
  );
}
