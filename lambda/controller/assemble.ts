/**
 * The controller on AWS: its ports, put together once for an instance's life.
 *
 * @module
 */
import { BatchClient } from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { readDeploymentSecret } from '../../src/aws/auth/deployment-secret.ts';
import { queueArn } from '../../src/aws/deployment/resource-names.ts';
import { readApiUrl, readSettings } from '../../src/aws/deployment/settings.ts';
import { createLambdaEvaluator } from '../../src/aws/evaluator/lambda-evaluator.ts';
import { createBatchJobs } from '../../src/aws/jobs/batch-jobs.ts';
import { createEvaluatorJobs } from '../../src/aws/jobs/evaluator-jobs.ts';
import { createSqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import { withUndeliveredMessages } from '../../src/aws/messages/undelivered-messages.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { createBusEvents } from '../../src/aws/observability/status-events.ts';
import { s3Options } from '../../src/aws/storage/s3-client-options.ts';
import { createS3Objects } from '../../src/aws/storage/s3-objects.ts';
import { createDynamoCache } from '../../src/aws/storage/step-cache.ts';
import { createDynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import { createDelayQueue, createTimerScheduler } from '../../src/aws/timers/timer-scheduler.ts';
import type { ControllerPorts } from '../../src/controller/context.ts';
import { createController } from '../../src/controller/controller.ts';
import { createJobTokens } from '../../src/engine/job-tokens.ts';
import { readCommands } from '../../src/evaluator/read-commands.ts';
import { evaluatorTokenName } from '../../src/external-evaluation/evaluation-control.ts';
import { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { Transition } from '../../src/model/transition.ts';

/** Commands of a page: a fan-out as wide as an array job may be, a call and an await for each member, is one commit and one job. */
const MAX_PAGE_COMMANDS = 20_500;
/** A group is one SubmitJob, of which an account has 50 a second. */
const RETRY_WINDOW_MS = 60_000;

export interface DeployedController {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly secret: Buffer;
  handle(run: RunId, transitions: readonly Transition[]): Promise<void>;
}

export async function assemble(): Promise<DeployedController> {
  const settings = readSettings();
  const secret = await readDeploymentSecret(new SecretsManagerClient(), settings.prefix);
  const clock = { now: Date.now };
  const sqs = new SQSClient();
  const dynamo = new DynamoDBClient();
  const objects = createS3Objects({ client: new S3Client(s3Options()), bucket: settings.bucket });
  const transitions = createSqsTransitions({
    client: sqs,
    queueUrl: settings.transitionsUrl,
    secret,
  });
  const timers = createTimerScheduler({
    delayQueue: createDelayQueue({ client: sqs, queueUrl: settings.delaysUrl, secret, clock }),
    transitions,
    clock,
    secret,
    scheduler: {
      client: new SchedulerClient(),
      group: settings.scheduleGroup,
      roleArn: settings.scheduleRoleArn,
      delayQueueArn: queueArn(settings, settings.delaysUrl),
      deadLettersArn: settings.scheduleDeadLettersArn,
    },
  });
  const records = {
    client: dynamo,
    table: settings.tasksTable,
    retentionDays: settings.retentionDays,
    clock,
  };
  const tasks = createDynamoTasks({ ...records, role: 'writer', timers });
  /** For adapters: a writer looks things up as of the beginning of its turn, and must not be disturbed. */
  const reader = createDynamoTasks({ ...records, role: 'reader' });
  const token = createJobTokens(secret);
  const lambdaEvaluator = createLambdaEvaluator({
    client: new LambdaClient(),
    functionName: settings.evaluatorFunctionName,
    isolation: settings.evaluatorIsolation,
    objects,
    tasks: reader,
    readCommands,
    log,
  });
  const batch = new BatchClient();
  const ports: ControllerPorts = {
    tasks,
    cache: createDynamoCache({
      client: dynamo,
      table: settings.cacheTable,
      retentionDays: settings.retentionDays,
      clock,
    }),
    objects,
    jobs: createBatchJobs({
      client: batch,
      settings,
      objects,
      tasks: reader,
      transitions,
      clock,
      log,
    }),
    transitions,
    events: createBusEvents({
      client: new EventBridgeClient(),
      bus: settings.bus,
      stepEvents: settings.stepEvents,
      log,
    }),
    evaluator: createExternalEvaluator({
      engineEvaluator: lambdaEvaluator,
      objects,
      readCommands,
      jobs: createEvaluatorJobs({
        client: batch,
        settings,
        apiUrl: readApiUrl(),
        token: (run) => token(evaluatorTokenName(run)),
        log,
      }),
    }),
    // Whoever gets a run's messages moves it: there is always somebody.
    liveness: { isAlive: async () => true },
    clock,
    token,
    onRejectedMessage: ({ kind, run, call, attempt, job }) =>
      log.warn('message refused', {
        kind,
        run,
        call,
        attempt,
        job,
        reason: 'it does not have the token of its attempt',
      }),
  };
  const controller = createController(ports, {
    maxAnswerCommands: MAX_PAGE_COMMANDS,
    maxRetryBatchDelayMs: RETRY_WINDOW_MS,
  });
  return {
    sqs,
    queueUrl: settings.transitionsUrl,
    secret,
    handle: async (run, batch) =>
      controller.handle(run, await withUndeliveredMessages(batch, { objects, tasks: reader })),
  };
}
