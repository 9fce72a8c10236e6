/**
 * A harness for the handlers of the Lambda functions on an emulator. It has real queues, tables and
 * a bucket there, creates the events itself and evaluates logic in this process. The test controls
 * the containers.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
} from '@aws-sdk/client-batch';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateEventBusCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { CreateScheduleGroupCommand, SchedulerClient } from '@aws-sdk/client-scheduler';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { vi } from 'vitest';
import {
  forEachQueue,
  MESSAGE_QUEUES,
  type MessageQueueName,
  queueSettings,
} from '../../../src/aws/deployment/message-queues.ts';
import { jobQueueName } from '../../../src/aws/deployment/resource-names.ts';
import { SETTINGS_VARIABLE, type Settings } from '../../../src/aws/deployment/settings.ts';
import { TABLES, tableSettings } from '../../../src/aws/deployment/table-schemas.ts';
import { createEvaluationService } from '../../../src/aws/evaluator/evaluation-service.ts';
import type { SqsBatchResponse } from '../../../src/aws/lambda/sqs-event.ts';
import {
  createSqsTransitions,
  type SqsTransitions,
} from '../../../src/aws/messages/transition-queue.ts';
import type { S3Objects } from '../../../src/aws/storage/s3-objects.ts';
import { createDynamoTasks, type DynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { createEvaluator } from '../../../src/evaluator/index.ts';
import type { RunId } from '../../../src/model/ids.ts';
import {
  type BatchEmulator,
  type BatchEvent,
  startBatchEmulator,
} from '../../../testing/batch/index.ts';
import {
  type ManualContainer,
  type ManualExecutor,
  manualExecutor,
} from '../../../testing/batch/manual-executor.ts';
import { logicOf, runInfo, withCode } from '../../unit/evaluator/logic.ts';
import { clientOptions, type Emulator } from '../harness/connection.ts';
import { queueAttributes, queueName } from '../harness/queues.ts';
import { RETENTION } from '../harness/settings.ts';
import { createTable } from '../harness/tables.ts';
import { SETTINGS } from './batch.ts';
import { aBucket, type BucketUnderTest } from './ports.ts';

/** Fewer than in the stack, so that a test reaches the dead-letter queue quickly. */
const MAX_RECEIVES = 3;

type Handler = (event: unknown) => Promise<SqsBatchResponse>;

export interface FunctionsUnderTest {
  readonly controller: Handler;
  readonly router: Handler;
  sweeper(): Promise<void>;
  /** The function of schedules, and the API, in which requests need no authorization. */
  loadSchedules(): Promise<{
    readonly handler: Handler;
    readonly request: (path: string, init?: RequestInit) => Promise<Response>;
    readonly settings: Settings;
  }>;
  readonly tasks: DynamoTasks;
  readonly objects: S3Objects;
  readonly batch: BatchEmulator;
  readonly executor: ManualExecutor;
  /** Completions of jobs. */
  readonly batchEvents: readonly BatchEvent[];
  readonly transitions: SqsTransitions;
  /** The port as in a step's container, without the secret. */
  readonly runner: SqsTransitions;
  readonly secret: Buffer;
  /** The URLs of the queues. */
  readonly queues: Readonly<Record<MessageQueueName, string>>;
  /** Stores a run of a pipeline with the component `a`, but sends no message. */
  aRun(main: string, ageMs?: number): Promise<RunId>;
  /** Receives all messages of a queue. They stay invisible until `remove` or `makeVisible`. */
  receiveAll(queueUrl: string): Promise<readonly Message[]>;
  remove(queueUrl: string, messages: readonly Message[]): Promise<void>;
  makeVisible(queueUrl: string, messages: readonly Message[]): Promise<void>;
  send(queueUrl: string, body: string, group: string): Promise<void>;
  /**
   * Passes the messages of the transition queue to the controller, each batch `times` times, until
   * the queue is empty or a message fails. Returns the number of failures.
   */
  drainTransitions(times?: number): Promise<number>;
  close(): Promise<void>;
}

export const eventOf = (messages: readonly Message[]) => ({
  Records: messages.map(({ MessageId, ReceiptHandle, Body, Attributes }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: { ...Attributes },
    eventSource: 'aws:sqs',
  })),
});

export async function startFunctions(emulator: Emulator): Promise<FunctionsUnderTest> {
  const options = clientOptions(emulator);
  const sqs = new SQSClient(options);
  const dynamo = new DynamoDBClient(options);
  const name = `headrace-${randomUUID().slice(0, 8)}`;
  const store: BucketUnderTest = await aBucket(emulator);
  for (const table of TABLES) await createTable(dynamo, `${name}-${table.name}`, table.schema);
  const arnOf = async (url: string) => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['QueueArn'] }),
    );
    return Attributes?.QueueArn ?? '';
  };
  const created = new Map<string, { readonly url: string; readonly arn: string }>();
  for (const queue of MESSAGE_QUEUES) {
    const { VisibilityTimeout: _, ...attributes } = queueAttributes(
      queue,
      (other) => created.get(other.name)?.arn ?? '',
      MAX_RECEIVES,
    );
    const { QueueUrl: url = '' } = await sqs.send(
      new CreateQueueCommand({ QueueName: `${name}-${queueName(queue)}`, Attributes: attributes }),
    );
    created.set(queue.name, { url, arn: await arnOf(url) });
  }
  const queues = forEachQueue((queue) => created.get(queue.name) ?? { url: '', arn: '' });
  const transitionsUrl = queues.transitions.url;
  const secretText = randomUUID();
  const { ARN: secretArn = '' } = await new SecretsManagerClient(options).send(
    new CreateSecretCommand({ Name: name, SecretString: secretText }),
  );
  await new EventBridgeClient(options).send(new CreateEventBusCommand({ Name: name }));
  await new SchedulerClient(options).send(new CreateScheduleGroupCommand({ Name: name }));

  const batchEvents: BatchEvent[] = [];
  const executor = manualExecutor();
  const batch = await startBatchEmulator({
    executor,
    eventPattern: { source: ['aws.batch'], detail: { status: ['FAILED'] } },
    onEvent: (event) => void batchEvents.push(event),
  });
  const batchClient = new BatchClient({ ...options, endpoint: batch.url });
  const resources = { type: 'FARGATE' as const, maxvCpus: 16, subnets: ['subnet-1'] };
  await batchClient.send(
    new CreateComputeEnvironmentCommand({
      computeEnvironmentName: 'fargate',
      type: 'MANAGED',
      computeResources: resources,
    }),
  );
  const order = [{ order: 1, computeEnvironment: 'fargate' }];
  await batchClient.send(
    new CreateJobQueueCommand({
      jobQueueName: jobQueueName(name, 'default'),
      priority: 1,
      computeEnvironmentOrder: order,
    }),
  );

  // Lambda's Invoke: one instance handles all invocations.
  const service = createEvaluationService((sources) => createEvaluator(sources));
  const lambda = createServer(async (request, response) => {
    const reply = await service.handle(JSON.parse(await text(request)));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
  });
  await new Promise<void>((resolve) => lambda.listen(0, '127.0.0.1', resolve));
  const address = lambda.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const settings: Settings = {
    ...SETTINGS,
    prefix: name,
    ...tableSettings((table) => `${name}-${table}`),
    bucket: store.bucket,
    ...queueSettings((queue, attribute) => queues[queue][attribute]),
    scheduleGroup: name,
    scheduleRoleArn: 'arn:aws:iam::000000000000:role/schedules',
    scheduleDeadLettersArn: queues.undelivered.arn,
    firingGroup: name,
    firingRoleArn: 'arn:aws:iam::000000000000:role/firings',
    bus: name,
    secretArn,
    stepEvents: true,
    evaluatorFunctionName: 'evaluator',
    evaluatorIsolation: 'function',
    controllerConcurrency: 100,
    queues: { default: { platform: 'fargate', spot: false, gpu: false } },
    objectBuckets: ['uploads'],
    retention: RETENTION,
  };
  const environment = {
    ...emulator.environment,
    AWS_ENDPOINT_URL_BATCH: batch.url,
    AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}`,
    [SETTINGS_VARIABLE]: JSON.stringify(settings),
  };
  for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation(() => undefined);
  vi.resetModules();
  const { handler: controller } = await import('../../../lambda/controller/index.ts');
  const { handler: router } = await import('../../../lambda/router/index.ts');
  const { handler: sweeper } = await import('../../../lambda/sweeper/index.ts');

  const secret = Buffer.from(secretText);
  const transitions = createSqsTransitions({ client: sqs, queueUrl: transitionsUrl, secret });
  const tasks = createDynamoTasks({
    client: dynamo,
    table: settings.tasksTable,
    retention: RETENTION,
    role: 'reader',
  });

  async function receiveAll(queueUrl: string): Promise<readonly Message[]> {
    const found: Message[] = [];
    while (true) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return found;
      found.push(...Messages);
    }
  }
  async function remove(queueUrl: string, messages: readonly Message[]): Promise<void> {
    for (const { ReceiptHandle } of messages)
      await sqs.send(new DeleteMessageCommand({ QueueUrl: queueUrl, ReceiptHandle }));
  }
  async function makeVisible(queueUrl: string, messages: readonly Message[]): Promise<void> {
    for (const { ReceiptHandle } of messages)
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl: queueUrl,
          ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      );
  }

  return {
    controller,
    router,
    sweeper,
    async loadSchedules() {
      const { handler } = await import('../../../lambda/schedules/index.ts');
      const { assembleApi } = await import('../../../lambda/api/assemble.ts');
      const { api } = await assembleApi();
      return { handler, settings, request: async (path, init) => await api.request(path, init) };
    },
    tasks,
    objects: store.objects,
    batch,
    executor,
    batchEvents,
    transitions,
    runner: createSqsTransitions({ client: sqs, queueUrl: transitionsUrl }),
    secret,
    queues: forEachQueue(({ name: queue }) => queues[queue].url),
    async aRun(main, ageMs = 0) {
      const key = `code/${randomUUID()}`;
      // No two runs have the same code, so that each needs its own object.
      const code = `${await logicOf(main)} // ${key}`;
      await store.objects.put(key, Buffer.from(code));
      const base = runInfo();
      const logic = { ...withCode(base, code).code.logic, key };
      const a = { id: 'pipeline.ts#a', name: 'a', signature: base.code.signature, bundle: logic };
      const createdAt = Date.now() - ageMs;
      const { number: _, ...info } = {
        ...base,
        createdAt,
        clockStart: createdAt,
        code: { ...base.code, logic, components: [a] },
      };
      await tasks.createRun(info, newHead(info));
      return info.id;
    },
    receiveAll,
    remove,
    makeVisible,
    async send(queueUrl, body, group) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: queueUrl,
          MessageBody: body,
          MessageGroupId: group,
          MessageDeduplicationId: randomUUID(),
        }),
      );
    },
    async drainTransitions(times = 1) {
      let failures = 0;
      while (true) {
        const messages = await receiveAll(transitionsUrl);
        if (messages.length === 0) return failures;
        let failed = new Set<string>();
        for (let n = 0; n < times; n += 1) {
          const { batchItemFailures } = await controller(eventOf(messages));
          failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        }
        failures += failed.size;
        await remove(
          transitionsUrl,
          messages.filter(({ MessageId = '' }) => !failed.has(MessageId)),
        );
        await makeVisible(
          transitionsUrl,
          messages.filter(({ MessageId = '' }) => failed.has(MessageId)),
        );
        if (failed.size > 0) return failures;
      }
    },
    async close() {
      vi.unstubAllEnvs();
      vi.restoreAllMocks();
      await batch.stop();
      lambda.closeAllConnections();
      lambda.close();
      await store.close();
    },
  };
}

/** The messages that the runner in a container sends. */
export function containerMessages({ plan }: ManualContainer, run: RunId, call: number) {
  const {
    AWS_BATCH_JOB_ID = '',
    AWS_BATCH_JOB_ATTEMPT = '1',
    HEADRACE_TOKEN = '',
  } = plan.environment;
  const identity = {
    run,
    call,
    attempt: 1,
    job: `${AWS_BATCH_JOB_ID}.${AWS_BATCH_JOB_ATTEMPT}`,
    token: HEADRACE_TOKEN,
    at: Date.now(),
  };
  const inline = (value: unknown) => ({ format: 'json' as const, text: JSON.stringify(value) });
  return {
    identity,
    started: { kind: 'started' as const, ...identity },
    finished: (value: unknown) => ({
      kind: 'finished' as const,
      ...identity,
      outcome: { ok: true as const, values: [inline(value)], artifacts: [] },
    }),
  };
}
