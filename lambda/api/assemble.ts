/**
 * The API on AWS: its ports, assembled once in the lifetime of a function's instance.
 *
 * @module
 */
import { BatchClient } from '@aws-sdk/client-batch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { createApi } from '../../src/api/app.ts';
import type { ApiPorts } from '../../src/api/ports.ts';
import { createScheduleControl } from '../../src/api/schedule-control.ts';
import { readDeploymentSecret } from '../../src/aws/auth/deployment-secret.ts';
import { callerOfRequest } from '../../src/aws/auth/request-caller.ts';
import { readSettings, type Settings } from '../../src/aws/deployment/settings.ts';
import { createBatchQueueLoads } from '../../src/aws/jobs/queue-loads.ts';
import { createSqsTransitions } from '../../src/aws/messages/transition-queue.ts';
import { errorData, consoleLog as log } from '../../src/aws/observability/log.ts';
import { createStepLogs } from '../../src/aws/observability/step-logs.ts';
import { requestLimits } from '../../src/aws/request-limits.ts';
import { createDynamoLimits } from '../../src/aws/storage/concurrency-limits.ts';
import { createDynamoIdempotencyKeys } from '../../src/aws/storage/idempotency-keys.ts';
import { createDynamoModelRegistry } from '../../src/aws/storage/model-registry.ts';
import { createDynamoRegistry } from '../../src/aws/storage/pipeline-registry.ts';
import { s3Options } from '../../src/aws/storage/s3-client-options.ts';
import { createS3Links } from '../../src/aws/storage/s3-links.ts';
import { createS3Objects } from '../../src/aws/storage/s3-objects.ts';
import { createDynamoSchedules } from '../../src/aws/storage/schedules.ts';
import { createDynamoCache } from '../../src/aws/storage/step-cache.ts';
import { createDynamoTasks } from '../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../src/aws/tasks/queries.ts';
import { createScheduleTimers } from '../../src/aws/timers/schedule-timers.ts';
import { createDelayQueue } from '../../src/aws/timers/timer-scheduler.ts';
import { createModelControl } from '../../src/controller/models/model-control.ts';
import { createEvaluatorTokens } from '../../src/engine/job-tokens.ts';
import { readCommands } from '../../src/evaluator/read-commands.ts';
import { createEvaluationControl } from '../../src/external-evaluation/evaluation-control.ts';
import type { WatchedObjects } from '../../src/model/schedule.ts';
import { headraceVersion } from '../../src/submit/package-version.ts';
import { batchProblems } from './batch-problems.ts';
import { costModelOf } from './compute-rates.ts';
import { queueDocuments } from './queue-documents.ts';
import { AwsRunControl } from './run-control.ts';
import { scheduleTimerSettings } from './schedule-settings.ts';

/**
 * `api` has all routes. `runTokenApi` has the routes that require a run's token only: API Gateway
 * does not authenticate their callers.
 */
export async function assembleApi() {
  const settings = readSettings();
  const secret = await readDeploymentSecret(
    new SecretsManagerClient(requestLimits('secrets-manager')),
    settings.secretArn,
  );
  const clock = { now: Date.now };
  const sqs = new SQSClient(requestLimits('sqs'));
  const scheduler = new SchedulerClient(requestLimits('scheduler'));
  const dynamo = new DynamoDBClient(requestLimits('dynamodb'));
  const s3 = new S3Client({ ...requestLimits('s3'), ...s3Options() });
  const objects = createS3Objects({ client: s3, bucket: settings.bucket });
  const transitions = createSqsTransitions({
    client: sqs,
    queueUrl: settings.transitionsUrl,
    secret,
  });
  const { retention } = settings;
  const tasks = createDynamoTasks({
    client: dynamo,
    table: settings.tasksTable,
    role: 'reader',
    retention,
    clock,
  });
  const queues = () => ({ items: queueDocuments(settings), acceptsAnyName: false });
  const queries = createDynamoQueries({
    client: dynamo,
    table: settings.tasksTable,
    retention,
    clock,
  });
  const cache = createDynamoCache({
    client: dynamo,
    table: settings.cacheTable,
    retention,
    clock,
  });
  const models = createDynamoModelRegistry({ client: dynamo, table: settings.tasksTable });
  const registry = createDynamoRegistry({ client: dynamo, table: settings.tasksTable });
  const runs = new AwsRunControl({
    retention,
    tasks,
    queries,
    cache,
    models,
    objects,
    transitions,
    delayQueue: createDelayQueue({ client: sqs, queueUrl: settings.delaysUrl, secret, clock }),
    clock,
  });
  const ports: ApiPorts = {
    tasks,
    queries,
    cache,
    limits: createDynamoLimits({
      client: dynamo,
      table: settings.cacheTable,
      retention,
      clock,
    }),
    registry,
    models: createModelControl({ tasks, queries, removal: tasks, objects, models }, clock),
    schedules: createScheduleControl({
      schedules: createDynamoSchedules({ client: dynamo, table: settings.tasksTable, clock }),
      registry,
      runs,
      queues,
      evaluations: { jobs: true, accepted: settings.externalEvaluation ?? false },
      timers: createScheduleTimers({
        client: scheduler,
        clock,
        ...scheduleTimerSettings(settings),
      }),
      objectProblem: (object) => objectProblem(object, settings),
      clock,
    }),
    idempotencyKeys: createDynamoIdempotencyKeys({
      client: dynamo,
      table: settings.tasksTable,
      clock,
    }),
    objects,
    links: createS3Links({ client: s3, bucket: settings.bucket, clock }),
    logs: createStepLogs({
      client: new CloudWatchLogsClient(requestLimits('cloudwatch-logs')),
      group: settings.stepLogGroup,
      clock,
    }),
    runs,
    evaluations: createEvaluationControl({
      objects,
      transitions,
      token: createEvaluatorTokens(secret),
      readCommands,
      jobs: true,
      accepted: settings.externalEvaluation ?? false,
    }),
    clock,
    costs: costModelOf(settings),
    service: {
      name: 'headrace',
      version: headraceVersion(),
      stepExecutor: 'container',
      deployment: deploymentOf(settings),
    },
    features: ['bulk', 'queues', 'previews', 'costs'],
    callerOf: callerOfRequest,
    queues,
    queueLoads: createBatchQueueLoads({
      client: new BatchClient(requestLimits('batch')),
      settings,
      clock,
    }),
    versionProblems: (version) => batchProblems(version, settings),
    onError: (error, request) => log.error('request failed', { ...request, ...errorData(error) }),
  };
  return { api: createApi(ports), runTokenApi: createApi(ports, { onlyRoutes: 'evaluations' }) };
}

/** Why new objects are not noticed; undefined: they are. */
function objectProblem(
  { bucket }: WatchedObjects,
  { objectBuckets = [] }: Pick<Settings, 'objectBuckets'>,
): string | undefined {
  if (bucket === undefined) return 'a deployment has no local folders: name a bucket, s3://…';
  if (objectBuckets.includes(bucket)) return undefined;
  const known = objectBuckets.length === 0 ? 'none' : objectBuckets.join(', ');
  return `this deployment receives no events of the bucket ${bucket}: name it in the configuration, schedules: { buckets: […] } (there: ${known})`;
}

const deploymentOf = ({
  prefix,
  region,
  account,
  controllerConcurrency,
  evaluatorIsolation,
}: Settings) => ({ prefix, region, account, controllerConcurrency, evaluatorIsolation });
