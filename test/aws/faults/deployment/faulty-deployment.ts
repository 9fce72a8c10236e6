/**
 * A deployed Headrace in one process and in simulated time: the functions' bundles, the AWS SDK
 * down to its sockets, and an in-memory version of every service that they call.
 *
 * 1. One action runs at a time, until it completes or its caller crashes. A request of a crashed
 *    caller either took effect or did not, and the caller sends no later request.
 * 2. Unhandled input is delivered again as in AWS: a message after its visibility timeout. Events of
 *    Batch are messages, too: EventBridge sends them to a queue.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { API_URL_VARIABLE, SETTINGS_VARIABLE } from '../../../../src/aws/deployment/settings.ts';
import { readSqsRecords } from '../../../../src/aws/lambda/sqs-event.ts';
import { createDynamoTasks } from '../../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../../src/aws/tasks/queries.ts';
import type { StepSpec } from '../../../../src/model/spec.ts';
import {
  type BatchMember,
  BatchRequestTooLargeError,
  MemoryBatch,
  UnsupportedBatchActionError,
} from '../../../../testing/batch/memory-batch.ts';
import { SimulatedClock, simulateTime } from '../../../../testing/clock/simulated-clock.ts';
import type { Queue } from '../../../../testing/sqs/queue.ts';
import { RETENTION } from '../../harness/settings.ts';
import type { AwsRequest, Call } from '../calls.ts';
import { type Answer, failed, json } from '../services/answer.ts';
import { Bucket } from '../services/bucket.ts';
import { putEvents } from '../services/event-bus.ts';
import { Tables } from '../services/tables.ts';
import { invokeApi } from './api-gateway.ts';
import { type ContainerContext, runContainer } from './containers.ts';
import type { DeploymentServer } from './deployment-server.ts';
import {
  createKillable,
  type FunctionName,
  Instances,
  type Killable,
  nextId,
} from './instances.ts';
import { invokeFunction } from './lambda-api.ts';
import { type MessageFaultPlan, MessageFaults } from './message-faults.ts';
import { Queues, recordOf } from './queues.ts';
import { type CallFaultPlan, type Outcome, ServiceGate } from './service-gate.ts';
import { settingsAt } from './settings.ts';
import { runStepFunction } from './step-function.ts';

export const SECRET = 'a secret of sixty-four letters';
const MINUTE = 60_000;
const SWEEP_MS = 15 * MINUTE;
const MAX_SCHEDULE_INPUT_BYTES = 256 * 1024;
const RECLAIMED = 'Host EC2 (instance i-0123456789) terminated.';

const jobSchema = z.looseObject({
  detail: z.looseObject({ status: z.string(), jobName: z.string(), jobId: z.string() }),
});
const failuresSchema = z.looseObject({
  batchItemFailures: z.array(z.looseObject({ itemIdentifier: z.string() })),
});
const scheduleSchema = z.looseObject({
  ScheduleExpression: z.string(),
  Target: z.looseObject({ Input: z.string() }),
});
export interface FaultyDeploymentOptions {
  readonly server: DeploymentServer;
  /** Whether a step runs until its container is stopped. */
  readonly isHeld?: (spec: StepSpec) => boolean;
  /** Whether no function for steps is free. */
  readonly areFunctionsBusy?: () => boolean;
}

export class FaultyDeployment {
  readonly url: string;
  readonly clock = new SimulatedClock();
  readonly tables = new Tables();
  readonly bucket = new Bucket();
  readonly queues: Queues;
  readonly batch: MemoryBatch;
  readonly instances = new Instances();
  #gate: ServiceGate;
  #messageFaults: MessageFaults;
  /** Each execution of a step: `<run> <call> <attempt>`, and its job. */
  readonly executions: { readonly of: string; readonly job: string }[] = [];
  /** What functions logged as warnings and errors. */
  readonly log: {
    readonly level: 'warn' | 'error';
    readonly event: string;
    readonly data: unknown;
  }[] = [];
  readonly #options: FaultyDeploymentOptions;
  readonly #schedules = new Set<string>();
  readonly #containers = new Map<string, Killable>();
  #sweeps = 0;
  /** Messages were handled since the last check, so that the awaited condition may hold now. */
  #hasProgress = true;
  /** Number of schedules. */
  #pending = 0;

  constructor(options: FaultyDeploymentOptions) {
    this.#options = options;
    this.url = options.server.url;
    this.#messageFaults = new MessageFaults(this.clock, undefined);
    this.queues = new Queues(this.clock, this.url, () => this.#messageFaults);
    this.batch = new MemoryBatch({
      now: () => this.clock.now(),
      emit: (event) => this.#onBatchEvent(event),
    });
    this.#gate = this.#newGate(undefined);
    simulateTime(() => this.clock.now());
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'none',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: this.url,
      [API_URL_VARIABLE]: `${this.url}/live`,
      [SETTINGS_VARIABLE]: JSON.stringify(settingsAt(this.url)),
    });
    for (const level of ['warn', 'error'] as const)
      console[level] = (data: unknown) => this.#recordLog(level, data);
    console.info = () => undefined;
    options.server.handler = this;
    this.#scheduleSweep();
  }

  get gate(): ServiceGate {
    return this.#gate;
  }

  get messageFaults(): MessageFaults {
    return this.#messageFaults;
  }

  /**
   * Starts a new recording of calls and messages, and plans a fault for one of them. Clears the
   * executions, the log and the sent messages of the recording before.
   */
  plan({
    call,
    message,
  }: {
    readonly call?: CallFaultPlan | undefined;
    readonly message?: MessageFaultPlan | undefined;
  }): void {
    this.#gate = this.#newGate(call);
    this.#messageFaults = new MessageFaults(this.clock, message);
    this.queues.byName.transitions.sent.length = 0;
    this.executions.length = 0;
    this.log.length = 0;
  }

  /** No message or event is on its way, and only sweeps are scheduled. */
  get isQuiet(): boolean {
    const { transitions, delays, jobEvents } = this.queues.byName;
    return (
      this.queues.steps.messages.length +
        transitions.messages.length +
        delays.messages.length +
        jobEvents.messages.length +
        this.#pending +
        this.#messageFaults.pending ===
      0
    );
  }

  #newGate(plan: CallFaultPlan | undefined): ServiceGate {
    return new ServiceGate(
      {
        callerOf: (call) => this.#callerOf(call),
        serve: (call, request) => this.#serve(call, request),
      },
      plan,
    );
  }

  get tasks() {
    return createDynamoTasks({
      client: this.tables.client,
      table: 'tasks',
      role: 'reader',
      retention: RETENTION,
      clock: this.clock,
    });
  }

  get queries() {
    return createDynamoQueries({
      client: this.tables.client,
      table: 'tasks',
      retention: RETENTION,
      clock: this.clock,
    });
  }

  /** Sends every message to runs again, like a redrive of the dead-letter queue. */
  redrive(): void {
    for (const { body, group } of [...this.queues.byName.transitions.sent])
      this.queues.byName.transitions.send({ body, group, deduplication: randomUUID() });
  }

  /** Terminates the machines of all running containers. */
  reclaim(): void {
    for (const member of this.batch.members)
      if (member.status === 'RUNNING') this.batch.complete(member, 137, RECLAIMED);
  }

  /** EventBridge sends an event of Batch about a job that failed to the queue of the router. */
  #onBatchEvent(event: object): void {
    const { detail } = jobSchema.parse(event);
    if (detail.status !== 'FAILED') return;
    this.#messageFaults.pass(
      `event ${detail.status} ${detail.jobName.slice(26)} ${detail.jobId.slice(36)}`,
      () => this.queues.byName.jobEvents.send({ body: JSON.stringify(event) }),
    );
  }

  /** Runs actions until `isDone`, or until `limitMs` of simulated time have passed. */
  async until(isDone: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
    const end = this.clock.now() + limitMs;
    this.#hasProgress = true;
    while (true) {
      if (this.#hasProgress && (await isDone())) return true;
      this.#hasProgress = false;
      if (!(await this.#runNextAction()) && !this.clock.next(end)) return false;
    }
  }

  async #runNextAction(): Promise<boolean> {
    if (await this.#receive(this.queues.byName.transitions, 'controller')) return true;
    if (await this.#receive(this.queues.byName.delays, 'router')) return true;
    if (await this.#receive(this.queues.byName.jobEvents, 'router', 100)) return true;
    if (this.#sweeps > 0) {
      this.#sweeps -= 1;
      await this.instances.invoke('sweeper', { 'detail-type': 'Scheduled Event' });
      return true;
    }
    if (await this.#receiveStep()) return true;
    const member = this.batch.start();
    if (member !== undefined) await this.#runContainer(member);
    return member !== undefined;
  }

  async #receive(queue: Queue, name: FunctionName, batchSize = 10): Promise<boolean> {
    const messages = queue.receive(batchSize);
    if (messages.length === 0) return false;
    const Records = messages.map(recordOf);
    const receipts = messages.map(({ id, receipt }) => ({ id, receipt: receipt ?? '' }));
    const result = await this.instances.invoke(name, { Records });
    this.#hasProgress = true;
    if (result?.ok !== true) {
      if (result !== undefined)
        this.log.push({ level: 'error', event: `${name} threw`, data: result.error });
      return true;
    }
    const failures = new Set(
      failuresSchema
        .parse(result.value)
        .batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    );
    for (const { id, receipt } of receipts) if (!failures.has(id)) queue.delete(receipt);
    return true;
  }

  async #receiveStep(): Promise<boolean> {
    const queue = this.queues.steps;
    if (this.#options.areFunctionsBusy?.() === true) return false;
    const [message] = queue.receive(1);
    if (message === undefined) return false;
    if (queue.throttled.delete(message.id)) return true;
    const instance = createKillable(nextId('function'));
    this.#containers.set(instance.id, instance);
    const [record] = readSqsRecords({ Records: [recordOf(message)] }) ?? [];
    if (record === undefined) throw new Error('the message is no record of an event source');
    const { receipt = '' } = message;
    const run = runStepFunction(record, instance.id, this.#containerContext).then(() => 'handled');
    if ((await Promise.race([run.catch(() => 'failed'), instance.killed])) === 'handled')
      queue.delete(receipt);
    return true;
  }

  get #containerContext(): ContainerContext {
    return {
      url: this.url,
      now: () => this.clock.now(),
      onExecution: ({ run: of, call, attempt }, job) =>
        this.executions.push({ of: `${of} ${call} ${attempt}`, job }),
      isHeld: (spec) => this.#options.isHeld?.(spec) ?? false,
    };
  }

  async #runContainer(member: BatchMember): Promise<void> {
    const container = createKillable(nextId('runner'));
    this.#containers.set(container.id, container);
    const run = runContainer(member, container.id, this.#containerContext);
    const exitCode = await Promise.race([run.catch(() => 1), container.killed]);
    if (exitCode === 'killed') this.batch.complete(member, 137, RECLAIMED);
    else if (exitCode !== undefined) this.batch.complete(member, exitCode);
  }

  #later(at: number, act: () => void): void {
    this.#pending += 1;
    this.clock.at(at, () => {
      this.#pending -= 1;
      act();
    });
  }

  /** EventBridge invokes the sweeper every 15 minutes. */
  #scheduleSweep(): void {
    this.clock.at(this.clock.now() + SWEEP_MS, () => {
      this.#sweeps += 1;
      this.#scheduleSweep();
    });
  }

  async answer(request: AwsRequest): Promise<Outcome> {
    try {
      return request.url.startsWith('/live/')
        ? await invokeApi(this.instances, request, '/live')
        : await this.#gate.pass(request);
    } catch (error) {
      this.log.push({
        level: 'error',
        event: 'the deployment failed',
        data: error instanceof Error ? error.stack : error,
      });
      return failed('', 500, 'DeploymentFailed', String(error));
    }
  }

  #callerOf(call: Call): { readonly name: string; kill(): void } | undefined {
    const { current } = this.instances;
    // The controller signed this URL for the evaluator, or the API for a client.
    if (call.presigned)
      return current?.id.startsWith('evaluator') === true
        ? { name: 'evaluator', kill: () => current.kill() }
        : { name: 'client', kill: () => undefined };
    const found = this.instances.find(call.signer) ?? this.#containers.get(call.signer);
    return found?.isAlive === true
      ? { name: found.id.split('.')[0] ?? '', kill: () => found.kill() }
      : undefined;
  }

  #batchRequest(action: string, body: Buffer): Answer {
    try {
      return json(this.batch.request(action, JSON.parse(body.toString())));
    } catch (error) {
      if (error instanceof BatchRequestTooLargeError)
        return failed('batch', 400, 'ClientException', error.message);
      if (!(error instanceof UnsupportedBatchActionError)) throw error;
      return failed('batch', 404, 'ClientException', error.message);
    }
  }

  async #serve({ service, action }: Call, request: AwsRequest): Promise<Answer> {
    switch (service) {
      case 'dynamodb':
        return this.tables.answer(action, request.body);
      case 's3':
        return this.bucket.answer(request);
      case 'sqs':
        return this.queues.answer(action, request.body);
      case 'batch':
        return this.#batchRequest(action, request.body);
      case 'lambda':
        return invokeFunction(this.instances, 'evaluator', request.body);
      case 'scheduler':
        return this.#schedule(request);
      case 'events':
        return putEvents(request.body);
      case 'secretsmanager':
        return json({ Name: 'headrace/tokens', SecretString: SECRET });
      default:
        throw new Error(`no service in memory answers for ${service}`);
    }
  }

  #schedule({ url, body }: AwsRequest): Answer {
    if (this.#schedules.has(url)) return failed('scheduler', 409, 'ConflictException', 'it exists');
    this.#schedules.add(url);
    const { ScheduleExpression, Target } = scheduleSchema.parse(JSON.parse(body.toString()));
    if (Buffer.byteLength(Target.Input) > MAX_SCHEDULE_INPUT_BYTES)
      return failed('scheduler', 400, 'ValidationException', 'the input is too large');
    this.#later(
      Date.parse(`${ScheduleExpression.slice(3, -1)}Z`),
      () => void this.queues.byName.delays.send({ body: Target.Input }),
    );
    return json({ ScheduleArn: `arn:aws:scheduler:::${url}` });
  }

  #recordLog(level: 'warn' | 'error', data: unknown): void {
    const { event } = z.looseObject({ event: z.string() }).safeParse(data).data ?? {
      event: String(data),
    };
    this.log.push({ level, event, data });
  }
}
