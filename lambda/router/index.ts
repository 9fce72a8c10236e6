/**
 * The router's function: an event of Batch, or messages whose time has come.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { errorData, consoleLog as log } from '../../src/aws/log.ts';
import { once } from '../../src/aws/once.ts';
import { createRouter } from '../../src/aws/routing.ts';
import { readSecret } from '../../src/aws/secret.ts';
import { readSettings } from '../../src/aws/settings.ts';
import { type BatchResponse, failuresOf, type SqsRecord, sqsRecords } from '../../src/aws/sqs-event.ts';
import { createDynamoTasks } from '../../src/aws/tasks/tasks.ts';
import { createDelays } from '../../src/aws/timers.ts';
import { createSqsTransitions } from '../../src/aws/transitions.ts';

const assembled = once(async () => {
  const settings = readSettings();
  const { tasksTable: table, retentionDays, prefix, transitionsUrl, delaysUrl } = settings;
  const secret = await readSecret(new SecretsManagerClient(), prefix);
  const clock = { now: Date.now };
  const sqs = new SQSClient();
  return createRouter({
    tasks: createDynamoTasks({ client: new DynamoDBClient(), table, retentionDays, role: 'reader', clock }),
    transitions: createSqsTransitions({ client: sqs, queueUrl: transitionsUrl, secret }),
    delays: createDelays({ client: sqs, queueUrl: delaysUrl, secret, clock }),
    secret,
    clock,
    log,
  });
});

export async function handler(event: unknown): Promise<BatchResponse> {
  const router = await assembled();
  const records = sqsRecords(event);
  if (records === undefined) {
    await router.onEvent(event);
    return failuresOf([]);
  }
  const failed = async ({ messageId, body }: SqsRecord): Promise<readonly string[]> => {
    try {
      await router.onDelayed(body);
      return [];
    } catch (error) {
      log.error('message not routed', { messageId, ...errorData(error) });
      return [messageId];
    }
  };
  return failuresOf((await Promise.all(records.map(failed))).flat());
}
