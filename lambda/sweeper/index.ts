/**
 * The sweeper's function: runs on a schedule and requests a sweep of each run that has not changed
 * for long.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readDeploymentSecret } from '../../src/aws/auth/deployment-secret.ts';
import { readSettings } from '../../src/aws/deployment/settings.ts';
import { createSqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createDynamoQueries } from '../../src/aws/tasks/queries.ts';
import { sweepStaleRuns } from '../../src/aws/timers/stale-run-sweep.ts';
import { daysToMs } from '../../src/model/retention.ts';

async function assembleSweep() {
  const { secretArn, tasksTable, transitionsUrl, retention } = readSettings();
  const secret = await readDeploymentSecret(
    new SecretsManagerClient(requestLimits('secrets-manager')),
    secretArn,
  );
  return {
    queries: createDynamoQueries({
      client: new DynamoDBClient(requestLimits('dynamodb')),
      table: tasksTable,
      retention,
    }),
    transitions: createSqsTransitions({
      client: new SQSClient(requestLimits('sqs')),
      queueUrl: transitionsUrl,
      secret,
    }),
    clock: { now: Date.now },
    maxActiveMs: daysToMs(retention.activeDays),
  };
}

const sweepOptions = await assembleSweep();

export async function handler(): Promise<void> {
  log.info('swept', { runs: await sweepStaleRuns(sweepOptions) });
}
