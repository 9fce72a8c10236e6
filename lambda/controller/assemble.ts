/**
 * The controller on AWS: its ports, assembled once in the lifetime of a function's instance.
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
import { readApiUrl, readSettings, type Settings } from '../../src/aws/deployment/settings.ts';
import { createLambdaEvaluator } from '../../src/aws/evaluator/lambda-evaluator.ts';
import { createBatchJobs } from '../../src/aws/jobs/batch-jobs.ts';
import { createEvaluatorJobs } from '../../src/aws/jobs/evaluator-jobs.ts';
import { createJobsByQueue } from '../../src/aws/jobs/jobs-by-queue.ts';
import { createLambdaJobs } from '../../src/aws/jobs/lambda-jobs.ts';
import type { DeferredTransition, RunDelivery } from '../../src/aws/messages/receive-batch.ts';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../src/aws/messages/transition-queue.ts';
import { createTurnDeferral } from '../../src/aws/messages/turn-deferral.ts';
import { withUndeliveredMessages } from '../../src/aws/messages/undelivered-messages.ts';
import { consoleLog as log } from '../../src/aws/observability/log.ts';
import { createBusEvents } from '../../src/aws/observability/status-events.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createDynamoLimits } from '../../src/aws/storage/concurrency-limits.ts';
import { createDynamoModelRegistry } from '../../src/aws/storage/model-registry.ts';
import { createDynamoRegistry } from '../../src/aws/storage/pipeline-registry.ts';
import { s3Options } from '../../src/aws/storage/s3-client-options.ts';
import { createS3Objects, type S3Objects } from '../../src/aws/storage/s3-objects.ts';
import { createDynamoCache } from '../../src/aws/storage/step-cache.ts';
import { createDynamoTasks, type DynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import {
  createDelayQueue,
  createTimerScheduler,
  type DelayQueue,
} from '../../src/aws/timers/timer-scheduler.ts';
import type { ControllerPorts } from '../../src/controller/context.ts';
import { createController } from '../../src/controller/controller.ts';
import { withChildRuns } from '../../src/engine/child-run-jobs.ts';
import { createEvaluatorTokens, createJobTokens } from '../../src/engine/job-tokens.ts';
import { readCommands } from '../../src/evaluator/read-commands.ts';
import { createExternalEvaluator } from '../../src/external-evaluation/external-evaluator.ts';
import type { RunId } from '../../src/model/ids.ts';
import { adoptableDays, daysToMs } from '../../src/model/retention.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Clock } from '../../src/ports/clock.ts';

/**
 * Commands of a page. A fan-out as wide as an array job can be, with one call and one await for
 * each member, is one commit and one job.
 */
const MAX_PAGE_COMMANDS = 20_500;
/** A group is one SubmitJob request. An account may send 50 of them in a second. */
const RETRY_WINDOW_MS = 60_000;

export interface DeployedController {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly secret: Buffer;
  handle(run: RunId, transitions: readonly Transition[], delivery: RunDelivery): Promise<void>;
  defer(messages: readonly DeferredTransition[]): Promise<void>;
}

/** What the ports of one instance share. */
interface Shared {
  readonly settings: Settings;
  readonly secret: Buffer;
  readonly clock: Clock;
  readonly sqs: SQSClient;
  readonly objects: S3Objects;
  readonly transitions: SqsTransitions;
  readonly dynamo: DynamoDBClient;
  readonly delayQueue: DelayQueue;
  /**
   * Records for adapters. They must not use the writer, whose reads are as of the start of its
   * turn.
   */
  readonly reader: DynamoTasks;
}

export async function assembleController(): Promise<DeployedController> {
  const settings = readSettings();
  const { transitionsUrl, tasksTable, cacheTable, retention, bus, stepEvents } = settings;
  const secret = await readDeploymentSecret(
    new SecretsManagerClient(requestLimits('secrets-manager')),
    settings.secretArn,
  );
  const clock = { now: Date.now };
  const sqs = new SQSClient(requestLimits('sqs'));
  const dynamo = new DynamoDBClient(requestLimits('dynamodb'));
  const objects = createS3Objects({
    client: new S3Client({ ...requestLimits('s3'), ...s3Options() }),
    bucket: settings.bucket,
  });
  const transitions = createSqsTransitions({ client: sqs, queueUrl: transitionsUrl, secret });
  const records = { client: dynamo, table: tasksTable, retention, clock };
  const reader = createDynamoTasks({ ...records, role: 'reader' });
  const delayQueue = createDelayQueue({
    client: sqs,
    queueUrl: settings.delaysUrl,
    secret,
    clock,
  });
  const shared: Shared = {
    settings,
    secret,
    clock,
    sqs,
    objects,
    transitions,
    dynamo,
    delayQueue,
    reader,
  };
  const ports: ControllerPorts = {
    tasks: createDynamoTasks({ ...records, role: 'writer', timers: timersOf(shared) }),
    cache: createDynamoCache({ client: dynamo, table: cacheTable, retention, clock }),
    limits: createDynamoLimits({ client: dynamo, table: cacheTable, retention, clock }),
    objects,
    transitions,
    events: createBusEvents({
      client: new EventBridgeClient(requestLimits('eventbridge')),
      bus,
      stepEvents,
      log,
    }),
    ...jobsAndEvaluatorOf(shared),
    // In AWS a message of the run always reaches some instance.
    liveness: { isAlive: async () => true },
    models: createDynamoModelRegistry({ client: dynamo, table: tasksTable }),
    removal: reader,
    clock,
    token: createJobTokens(secret),
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
    maxActiveMs: daysToMs(retention.activeDays),
    adoptableMs: daysToMs(adoptableDays(retention)),
    // The role of a project's steps reads no objects of other projects.
    readsOtherProjects: false,
    ...(settings.queueTimeoutSeconds !== undefined && {
      queueTimeoutMs: settings.queueTimeoutSeconds * 1000,
    }),
  });
  return {
    sqs,
    queueUrl: transitionsUrl,
    secret,
    handle: async (run, batch, delivery) => {
      const all = await withUndeliveredMessages(batch, { objects, tasks: reader, log });
      return controller.handle(run, all, { ...delivery, publishesAgain: true });
    },
    defer: createTurnDeferral({ delayQueue, clock }),
  };
}

function timersOf({ settings, secret, clock, delayQueue, transitions }: Shared) {
  const { delaysUrl, scheduleGroup, scheduleRoleArn, scheduleDeadLettersArn } = settings;
  return createTimerScheduler({
    delayQueue,
    transitions,
    clock,
    secret,
    log,
    scheduler: {
      client: new SchedulerClient(requestLimits('scheduler')),
      group: scheduleGroup,
      roleArn: scheduleRoleArn,
      delayQueueArn: queueArn(settings, delaysUrl),
      deadLettersArn: scheduleDeadLettersArn,
    },
  });
}

function jobsAndEvaluatorOf({
  settings,
  secret,
  clock,
  sqs,
  objects,
  transitions,
  dynamo,
  reader,
}: Shared): Pick<ControllerPorts, 'jobs' | 'evaluator'> {
  const client = new BatchClient(requestLimits('batch'));
  return {
    jobs: withChildRuns(
      createJobsByQueue({
        settings,
        tasks: reader,
        batch: createBatchJobs({ client, settings, objects, tasks: reader, clock, log }),
        lambda: createLambdaJobs({ client: sqs, settings, objects, tasks: reader, clock, log }),
      }),
      {
        tasks: reader,
        registry: createDynamoRegistry({ client: dynamo, table: settings.tasksTable }),
        objects,
        transitions,
        clock,
        evaluatorJobs: readApiUrl() !== undefined,
      },
    ),
    evaluator: createExternalEvaluator({
      engineEvaluator: createLambdaEvaluator({
        client: new LambdaClient(requestLimits('lambda')),
        functionName: settings.evaluatorFunctionName,
        isolation: settings.evaluatorIsolation,
        objects,
        tasks: reader,
        readCommands,
        log,
      }),
      objects,
      readCommands,
      jobs: createEvaluatorJobs({
        client,
        settings,
        apiUrl: readApiUrl(),
        token: createEvaluatorTokens(secret),
        log,
      }),
    }),
  };
}
