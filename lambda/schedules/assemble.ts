/**
 * The ports of the function that fires schedules, assembled once in the lifetime of an instance.
 *
 * @module
 */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { FiringReceiverPorts, FiringReport } from '../../src/api/schedule-receiver.ts';
import { readDeploymentSecret } from '../../src/aws/auth/deployment-secret.ts';
import { readSettings } from '../../src/aws/deployment/settings.ts';
import { createSqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import { errorData, consoleLog as log } from '../../src/aws/observability/log.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createDynamoRegistry } from '../../src/aws/storage/pipeline-registry.ts';
import { createDynamoSchedules } from '../../src/aws/storage/schedules.ts';
import { createDynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../src/aws/tasks/queries.ts';
import { createScheduleTimers } from '../../src/aws/timers/schedule-timers.ts';
import { createDelayQueue } from '../../src/aws/timers/timer-scheduler.ts';
import { requestedRun } from '../../src/submit/prepare.ts';
import { newRunId } from '../../src/submit/run-id.ts';
import { queueDocuments } from '../api/queue-documents.ts';
import { createRun } from '../api/run-control.ts';
import { scheduleTimerSettings } from '../api/schedule-settings.ts';

export async function assembleReceiver(): Promise<FiringReceiverPorts> {
  const settings = readSettings();
  const { tasksTable: table, retention } = settings;
  const secret = await readDeploymentSecret(
    new SecretsManagerClient(requestLimits('secrets-manager')),
    settings.secretArn,
  );
  const clock = { now: Date.now };
  const client = new DynamoDBClient(requestLimits('dynamodb'));
  const sqs = new SQSClient(requestLimits('sqs'));
  const tasks = createDynamoTasks({ client, table, role: 'reader', retention, clock });
  const transitions = createSqsTransitions({
    client: sqs,
    queueUrl: settings.transitionsUrl,
    secret,
  });
  const delayQueue = createDelayQueue({ client: sqs, queueUrl: settings.delaysUrl, secret, clock });
  return {
    tasks,
    queries: createDynamoQueries({ client, table, retention, clock }),
    registry: createDynamoRegistry({ client, table }),
    schedules: createDynamoSchedules({ client, table, clock }),
    timers: createScheduleTimers({
      client: new SchedulerClient(requestLimits('scheduler')),
      clock,
      ...scheduleTimerSettings(settings),
    }),
    queues: () => ({ items: queueDocuments(settings), acceptsAnyName: false }),
    evaluations: { jobs: true, accepted: settings.externalEvaluation ?? false },
    runs: {
      newId: () => newRunId(clock.now()),
      prepare: (version, request) => requestedRun(version, request, clock.now()),
      create: (info) => createRun({ tasks, transitions, delayQueue, clock }, info),
    },
    clock,
    report,
  };
}

/** Firings are on record, too: the log is for those who operate the deployment. */
function report({ project, name, firings = [], missed = 0, error }: FiringReport): void {
  const schedule = { project, schedule: name };
  if (error !== undefined) log.error('schedule not checked', { ...schedule, ...errorData(error) });
  if (missed > 0) log.warn('firings missed', { ...schedule, missed });
  for (const { key, outcome } of firings)
    log[outcome.status === 'failed' ? 'warn' : 'info']('schedule fired', {
      ...schedule,
      key,
      outcome,
    });
}
