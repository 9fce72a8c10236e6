/**
 * A deployed Headrace in one process and in simulated time. It runs the handlers of the functions,
 * and every service that they request is in memory. All requests are counted.
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
import {
  API_URL_VARIABLE,
  type LambdaQueueSettings,
  SETTINGS_VARIABLE,
  type Settings,
} from '../../../src/aws/deployment/settings.ts';
import { TABLES } from '../../../src/aws/deployment/table-schemas.ts';
import { MemoryDynamo } from '../../../testing/dynamodb/memory-dynamodb.ts';
import { Ledger } from '../ledger.ts';
import { chunksOf } from '../prices.ts';
import { failuresIn, record, responseOf } from './answers.ts';
import { CountedBatch } from './batch.ts';
import { CountedEvaluator } from './evaluator.ts';
import { type FunctionName, Functions, type ServiceRequest } from './functions.ts';
import { NOMINAL_MS } from './nominal.ts';
import { type BatchResult, CountedQueue } from './queue.ts';
import { API, BUCKET, settings, URLS } from './settings.ts';
import { STEP_QUEUE_URL, StepFunctions } from './step-functions.ts';
import { stepRunner, type WorkOf } from './steps.ts';
import { MemoryStore, type StoreInput } from './store.ts';
import { SimulatedTime } from './time.ts';

export interface CountedDeploymentOptions {
  readonly workOf: WorkOf;
  /** Containers that start at each full second. */
  readonly startsPerSecond?: number;
  /** Steps run in functions, with these settings of their queue. Default: in containers */
  readonly lambdaQueue?: LambdaQueueSettings;
}

/** The fields that are read from the inputs of all commands. */
interface CommandInput extends StoreInput {
  readonly QueueUrl?: string;
  readonly Entries?: readonly {
    readonly MessageBody?: string;
    readonly MessageGroupId?: string;
    readonly MessageDeduplicationId?: string;
    readonly DelaySeconds?: number;
    readonly ReceiptHandle?: string;
    readonly VisibilityTimeout?: number;
    readonly Detail?: string;
  }[];
  readonly Payload?: Uint8Array;
  readonly ScheduleExpression?: string;
  readonly Target?: { readonly Input?: string };
}

const CLIENTS = [
  BatchClient,
  DynamoDBClient,
  EventBridgeClient,
  LambdaClient,
  S3Client,
  SchedulerClient,
  SecretsManagerClient,
  SQSClient,
];
const realFetch = globalThis.fetch;
const LEVELS = ['info', 'warn', 'error'] as const;
const realConsole = { info: console.info, warn: console.warn, error: console.error };

export class CountedDeployment {
  readonly time = new SimulatedTime();
  readonly ledger = new Ledger();
  readonly functions = new Functions(this.time, this.ledger);
  readonly evaluator = new CountedEvaluator(this.ledger);
  readonly store = new MemoryStore(this.ledger);
  readonly batch: CountedBatch;
  readonly transitions: CountedQueue;
  readonly delays: CountedQueue;
  readonly jobEvents: CountedQueue;
  /** The functions of steps; undefined if steps run in containers. */
  readonly stepFunctions: StepFunctions | undefined;
  /** Returns the error of a request that a service refuses. Default: none is refused. */
  refusal: ((request: ServiceRequest) => Error | undefined) | undefined;
  /** Is called after each request that a service accepted, before its sender has the answer. */
  afterRequest: ((request: ServiceRequest) => void) | undefined;
  /** Status by run, of the runs that ended. */
  readonly endedRuns = new Map<string, string>();
  /** Errors that functions logged. */
  readonly errors: string[] = [];
  readonly #tables = new MemoryDynamo();
  readonly #table = this.#tables.client();

  constructor({ workOf, startsPerSecond = 20, lambdaQueue }: CountedDeploymentOptions) {
    for (const { name, schema } of TABLES) this.#tables.createTable(name, schema);
    const { time, ledger } = this;
    const queue = (
      fifo: boolean,
      visibilityMs: number,
      name: FunctionName,
      batchSize = 10,
      windowMs = 0,
    ) =>
      new CountedQueue({
        batchSize,
        windowMs,
        time,
        ledger,
        fifo,
        visibilityMs,
        handle: (event) => this.#handle(name, event),
      });
    this.transitions = queue(true, 360_000, 'controller');
    this.delays = queue(false, 180_000, 'router');
    this.jobEvents = queue(false, 180_000, 'router', 100, 1_000);
    this.batch = new CountedBatch({
      time,
      ledger,
      startsPerSecond,
      run: stepRunner(time, workOf),
      sendEvent: async (event) => {
        // No rule of the stack matches an event of a job that succeeded.
        if (isSuccess(event)) return;
        const body = JSON.stringify(event);
        this.ledger.add('SQS', 'SendMessage', 'EventBridge', {
          [this.jobEvents.unit]: chunksOf(Buffer.byteLength(body)),
        });
        this.jobEvents.send({ body });
      },
    });
    this.stepFunctions =
      lambdaQueue && new StepFunctions({ time, ledger, workOf, settings: lambdaQueue });
    this.#install(settings(lambdaQueue));
  }

  /** Continues until the run ends. @throws if it fails, or if a function logged an error */
  async complete(id: string): Promise<void> {
    // The event of the end is published after the end is stored.
    await this.time.until(() => this.endedRuns.has(id));
    const status = this.endedRuns.get(id);
    if (status !== 'completed' || this.errors.length > 0)
      throw new Error(`run ${id} is ${status ?? 'not finished'}: ${this.errors.join('; ')}`);
  }

  close(): void {
    for (const Client of CLIENTS) Reflect.deleteProperty(Client.prototype, 'send');
    globalThis.fetch = realFetch;
    Object.assign(console, realConsole);
    this.time.stop();
  }

  #install(deployed: Settings): void {
    for (const Client of CLIENTS) {
      const service = Client.name;
      const send = (command: {
        readonly constructor: { readonly name: string };
        readonly input: CommandInput;
      }) => this.#request(service, command.constructor.name, command.input, command);
      Object.defineProperty(Client.prototype, 'send', { value: send, configurable: true });
    }
    globalThis.fetch = (input, init) => this.#fetch(new URL(String(input)), init);
    const environment = {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
      AWS_SESSION_TOKEN: undefined,
      [API_URL_VARIABLE]: `${API}/live`,
      [SETTINGS_VARIABLE]: JSON.stringify(deployed),
    };
    for (const [name, value] of Object.entries(environment)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    for (const level of LEVELS) console[level] = (data: unknown) => this.#log(level, data);
  }

  #log(level: (typeof LEVELS)[number], data: unknown): void {
    // Functions log objects; Node's own warnings are strings.
    if (level === 'error' && typeof data === 'object')
      this.errors.push(JSON.stringify(data).slice(0, 2000));
  }

  async #handle(name: FunctionName, event: object): Promise<BatchResult> {
    const { at, answer, killed } = await this.functions.invoke(name, event);
    return { at, failed: killed ? undefined : new Set(failuresIn(answer)) };
  }

  /** The sender of the current request. */
  get #by(): string {
    return this.evaluator.isBusy ? 'evaluator' : (this.functions.current?.name ?? 'runner');
  }

  async #request(
    service: string,
    command: string,
    input: CommandInput,
    whole: object,
  ): Promise<object> {
    await this.functions.request();
    const request = { service, command, by: this.#by, queueUrl: input.QueueUrl };
    const answered = async () => {
      const refused = this.refusal?.(request);
      if (refused !== undefined) throw refused;
      return this.#answer(service, command, input, whole);
    };
    const answer = await answered().then(
      (response) => () => {
        this.afterRequest?.(request);
        return response;
      },
      (error: unknown) => () => {
        throw error;
      },
    );
    if (this.functions.current !== undefined) await this.time.roundTrip(roundTripMsOf(service));
    return answer();
  }

  async #answer(
    service: string,
    command: string,
    input: CommandInput,
    whole: object,
  ): Promise<object> {
    const by = this.#by;
    switch (service) {
      case 'DynamoDBClient':
        return this.#tableRequest(command, whole, by);
      case 'SQSClient':
        return this.#queueRequest(command, input, by);
      case 'S3Client':
        return this.store.handle(command, input, by);
      case 'BatchClient':
        if (command === 'SubmitJobCommand' && this.functions.current !== undefined)
          this.functions.current.submitted = true;
        return this.batch.handle(command, input, by);
      case 'LambdaClient':
        return { Payload: await this.evaluator.invoke(input.Payload ?? new Uint8Array()) };
      case 'EventBridgeClient': {
        const entries = input.Entries ?? [];
        const events = entries.reduce(
          (sum, { Detail = '' }) => sum + chunksOf(Buffer.byteLength(Detail)),
          0,
        );
        this.ledger.add('EventBridge', 'PutEvents', by, { 'events.custom': events });
        for (const { Detail = '{}' } of entries) this.#recordEnd(JSON.parse(Detail));
        return { FailedEntryCount: 0, Entries: [] };
      }
      case 'SchedulerClient':
        return this.#schedule(input, by);
      case 'SecretsManagerClient':
        // Each instance reads it at its start.
        this.ledger.add('Secrets Manager', 'GetSecretValue', 'new instance', {
          'secrets.request': 1,
        });
        return { SecretString: 'a secret of the benchmark' };
      default:
        throw new Error(`no in-memory service handles ${service}`);
    }
  }

  async #tableRequest(command: string, whole: object, by: string): Promise<object> {
    const before = { ...this.#tables.consumed };
    // `send` applies the command before it returns its promise, so the units are final.
    const answer: Promise<object> = Reflect.apply(this.#table.send, this.#table, [whole]);
    const { writeUnits, readUnits } = this.#tables.consumed;
    const units = {
      'dynamodb.write': writeUnits - before.writeUnits,
      'dynamodb.read': readUnits - before.readUnits,
    };
    this.ledger.add('DynamoDB', command.replace('Command', ''), by, units);
    return answer;
  }

  #queueRequest(command: string, { QueueUrl, Entries = [] }: CommandInput, by: string): object {
    const { current } = this.functions;
    const queue = this.#queueAt(QueueUrl);
    if (command === 'ChangeMessageVisibilityBatchCommand') {
      this.ledger.add('SQS', 'ChangeMessageVisibilityBatch', by, { [queue.unit]: 1 });
      for (const { ReceiptHandle = '', VisibilityTimeout = 0 } of Entries)
        queue.changeVisibility(ReceiptHandle, VisibilityTimeout);
      return {};
    }
    if (command !== 'SendMessageBatchCommand')
      throw new Error(`the in-memory queues do not implement ${command}`);
    const size = Entries.reduce(
      (bytes, { MessageBody = '' }) => bytes + Buffer.byteLength(MessageBody),
      0,
    );
    this.ledger.add('SQS', 'SendMessageBatch', by, { [queue.unit]: chunksOf(size) });
    for (const {
      MessageBody = '',
      MessageGroupId,
      MessageDeduplicationId,
      DelaySeconds,
    } of Entries) {
      const message = {
        body: MessageBody,
        group: MessageGroupId,
        deduplication: MessageDeduplicationId,
        delaySeconds: DelaySeconds,
      };
      if (queue !== this.stepFunctions?.queue) queue.send(message);
      else this.stepFunctions.send(message, current?.startedAt ?? Number.NaN);
    }
    return { Successful: [], Failed: [] };
  }

  #queueAt(url: string | undefined): CountedQueue {
    if (url === URLS.transitions) return this.transitions;
    return url === STEP_QUEUE_URL && this.stepFunctions !== undefined
      ? this.stepFunctions.queue
      : this.delays;
  }

  #recordEnd(detail: unknown): void {
    const { run, status } = record(detail);
    if (status === 'completed' || status === 'failed' || status === 'aborted')
      this.endedRuns.set(String(run), status);
  }

  #schedule({ ScheduleExpression = '', Target }: CommandInput, by: string): object {
    this.ledger.add('Scheduler', 'CreateSchedule', by);
    const at = Date.parse(`${ScheduleExpression.slice(3, -1)}Z`);
    this.time.at(at, () => {
      this.ledger.add('Scheduler', 'invocation', 'Scheduler', { 'scheduler.invocation': 1 });
      this.ledger.add('SQS', 'SendMessage', 'Scheduler', { 'sqs.standard': 1 });
      this.delays.send({ body: Target?.Input ?? '' });
    });
    return {};
  }

  async #fetch(url: URL, init: RequestInit | undefined): Promise<Response> {
    if (url.host.startsWith(`${BUCKET}.`))
      return this.store.fetch(url, init, this.evaluator.isBusy ? 'evaluator' : 'client');
    if (url.origin !== API) throw new TypeError(`no server answers at ${url.origin}`);
    this.ledger.add('API Gateway', 'request', 'client', { 'api.request': 1 });
    // The path that a function receives does not contain the stage.
    const path = url.pathname.replace(/^\/[^/]+/, '');
    const event = {
      httpMethod: init?.method ?? 'GET',
      path,
      resource: '/{proxy+}',
      headers: { host: url.host, ...Object.fromEntries(new Headers(init?.headers)) },
      queryStringParameters: Object.fromEntries(url.searchParams),
      body: typeof init?.body === 'string' ? init.body : null,
      isBase64Encoded: false,
      requestContext: {
        resourcePath: '/{proxy+}',
        path,
        identity: {},
        httpMethod: init?.method ?? 'GET',
      },
    };
    const { answer } = await this.functions.invoke('api', event);
    const { statusCode, body, headers } = responseOf(answer);
    return new Response(statusCode === 204 ? null : body, { status: statusCode, headers });
  }
}

function roundTripMsOf(service: string): number {
  if (service === 'LambdaClient') return NOMINAL_MS.evaluation;
  return service === 'BatchClient' ? NOMINAL_MS.batchRoundTrip : NOMINAL_MS.roundTrip;
}

const isSuccess = (event: object): boolean =>
  'detail' in event && record(event.detail).status === 'SUCCEEDED';
