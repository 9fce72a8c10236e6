/**
 * A deployed Headrace in one process and in simulated time: the functions' bundles, the AWS SDK
 * down to its sockets, and every service that they ask in memory.
 *
 * 1. One thing happens at a time, to its end or to the death of who does it. Whatever a dead one
 *    had asked for took effect or did not; nothing more of it does.
 * 2. What is not handled comes again as it does in AWS: a message when its visibility ends, an
 *    event of Batch after a minute and after two.
 *
 * @module
 */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { API_URL_VARIABLE, SETTINGS_VARIABLE } from '../../../../src/aws/deployment/settings.ts';
import { createDynamoTasks } from '../../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../../src/aws/tasks/queries.ts';
import type { StepSpec } from '../../../../src/model/spec.ts';
import { SimulatedClock, simulateTime } from '../../../../testing/clock/simulated-clock.ts';
import { systemAttributes } from '../../../../testing/sqs/operations.ts';
import type { Queue } from '../../../../testing/sqs/queue.ts';
import type { AwsRequest, Call } from '../calls.ts';
import { type Answer, failed, json } from '../services/answer.ts';
import { Batch, type Member } from '../services/batch.ts';
import { Bucket } from '../services/bucket.ts';
import { Tables } from '../services/tables.ts';
import { invokeApi } from './api-gateway.ts';
import { runContainer } from './containers.ts';
import type { DeploymentServer } from './deployment-server.ts';
import { type FunctionName, Instances, type Mortal, mortal, nextId } from './instances.ts';
import { Post, type PostPlan } from './message-faults.ts';
import { Queues } from './queues.ts';
import { Gate, type Outcome, type Plan } from './service-gate.ts';
import { settingsAt } from './settings.ts';

export const SECRET = 'a secret of sixty-four letters';
const MINUTE = 60_000;
const SWEEP_MS = 15 * MINUTE;
const EVENT_TRIES = 3;
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
export interface WorldOptions {
  readonly server: DeploymentServer;
  /** Steps of this component work on and on while it says so. */
  readonly holds?: (spec: StepSpec) => boolean;
}

export class World {
  readonly url: string;
  readonly clock = new SimulatedClock();
  readonly tables = new Tables();
  readonly bucket = new Bucket();
  readonly queues: Queues;
  readonly batch: Batch;
  readonly instances = new Instances();
  #gate: Gate;
  #post: Post;
  /** Each execution of a step: `<run> <call> <attempt>`, and its job. */
  readonly executions: { readonly of: string; readonly job: string }[] = [];
  /** What functions logged as warnings and errors. */
  readonly log: {
    readonly level: 'warn' | 'error';
    readonly event: string;
    readonly data: unknown;
  }[] = [];
  readonly #options: WorldOptions;
  readonly #events: { readonly event: object; readonly tries: number }[] = [];
  readonly #schedules = new Set<string>();
  readonly #containers = new Map<string, Mortal>();
  #sweeps = 0;
  /** Messages were handled: what somebody waits for may have come. */
  #moved = true;
  /** Schedules and events that will come later. */
  #pending = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.url = options.server.url;
    this.#post = new Post(this.clock, undefined);
    this.queues = new Queues(this.clock, this.url, () => this.#post);
    this.batch = new Batch({ now: () => this.clock.now(), tell: (event) => this.tell(event) });
    this.#gate = this.#newGate(undefined);
    simulateTime(() => this.clock.now());
    Object.assign(process.env, {
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'nobody',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_ENDPOINT_URL: this.url,
      [API_URL_VARIABLE]: `${this.url}/live`,
      [SETTINGS_VARIABLE]: JSON.stringify(settingsAt(this.url)),
    });
    for (const level of ['warn', 'error'] as const)
      console[level] = (data: unknown) => this.#note(level, data);
    console.info = () => undefined;
    options.server.world = this;
    this.#scheduleSweep();
  }

  get gate(): Gate {
    return this.#gate;
  }

  get post(): Post {
    return this.#post;
  }

  /**
   * From now on calls and messages are recorded anew, and one of them goes wrong. What was
   * executed, logged and sent before is forgotten.
   */
  plan({
    call,
    message,
  }: {
    readonly call?: Plan | undefined;
    readonly message?: PostPlan | undefined;
  }): void {
    this.#gate = this.#newGate(call);
    this.#post = new Post(this.clock, message);
    this.queues.byName.transitions.sent.length = 0;
    this.executions.length = 0;
    this.log.length = 0;
  }

  /** Nothing is on its way, and nothing will come to be of itself but sweeps. */
  get isQuiet(): boolean {
    const { transitions, delays } = this.queues.byName;
    return (
      transitions.messages.length +
        delays.messages.length +
        this.#events.length +
        this.#pending +
        this.#post.pending ===
      0
    );
  }

  #newGate(plan: Plan | undefined): Gate {
    return new Gate(
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
      retentionDays: 90,
      clock: this.clock,
    });
  }

  get queries() {
    return createDynamoQueries({ client: this.tables.client, table: 'tasks', clock: this.clock });
  }

  /** All that was ever sent to runs comes again, as from the queue of dead letters. */
  redrive(): void {
    for (const { body, group } of [...this.queues.byName.transitions.sent])
      this.queues.byName.transitions.send({ body, group, deduplication: randomUUID() });
  }

  /** Machines of what runs are taken away. */
  reclaim(): void {
    for (const member of this.batch.members)
      if (member.status === 'RUNNING') this.batch.end(member, 137, RECLAIMED);
  }

  /** Batch tells of something. */
  tell(event: object): void {
    const { detail } = jobSchema.parse(event);
    this.#post.pass(
      `event ${detail.status} ${detail.jobName.slice(26)} ${detail.jobId.slice(36)}`,
      () => this.#events.push({ event, tries: 0 }),
    );
  }

  /** Lets things happen until `isOver`, or until `limit` of simulated milliseconds have passed. */
  async until(isOver: () => boolean | Promise<boolean>, limit: number): Promise<boolean> {
    const end = this.clock.now() + limit;
    this.#moved = true;
    while (true) {
      if (this.#moved && (await isOver())) return true;
      this.#moved = false;
      if (!(await this.#act()) && !this.clock.next(end)) return false;
    }
  }

  async #act(): Promise<boolean> {
    if (await this.#receive(this.queues.byName.transitions, 'controller')) return true;
    if (await this.#receive(this.queues.byName.delays, 'router')) return true;
    const next = this.#events.shift();
    if (next !== undefined) {
      await this.#route(next);
      return true;
    }
    if (this.#sweeps > 0) {
      this.#sweeps -= 1;
      await this.instances.invoke('sweeper', { 'detail-type': 'Scheduled Event' });
      return true;
    }
    const member = this.batch.start();
    if (member !== undefined) await this.#contain(member);
    return member !== undefined;
  }

  async #receive(queue: Queue, name: FunctionName): Promise<boolean> {
    const messages = queue.receive(10);
    if (messages.length === 0) return false;
    const Records = messages.map((message) => ({
      messageId: message.id,
      receiptHandle: message.receipt,
      body: message.body,
      attributes: systemAttributes(message),
      eventSource: 'aws:sqs',
    }));
    const receipts = messages.map(({ id, receipt }) => ({ id, receipt: receipt ?? '' }));
    const ended = await this.instances.invoke(name, { Records });
    this.#moved = true;
    if (ended?.ok !== true) {
      if (ended !== undefined)
        this.log.push({ level: 'error', event: `${name} threw`, data: ended.error });
      return true;
    }
    const failures = new Set(
      failuresSchema
        .parse(ended.value)
        .batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
    );
    for (const { id, receipt } of receipts) if (!failures.has(id)) queue.delete(receipt);
    return true;
  }

  async #route({
    event,
    tries,
  }: {
    readonly event: object;
    readonly tries: number;
  }): Promise<void> {
    const ended = await this.instances.invoke('router', event);
    if (ended?.ok === true) return;
    if (tries + 1 === EVENT_TRIES)
      return void this.queues.byName.undelivered.send({ body: JSON.stringify(event) });
    this.#later(this.clock.now() + (tries + 1) * MINUTE, () =>
      this.#events.push({ event, tries: tries + 1 }),
    );
  }

  async #contain(member: Member): Promise<void> {
    const container = mortal(nextId('runner'));
    this.#containers.set(container.id, container);
    const run = runContainer(member, container.id, {
      url: this.url,
      now: () => this.clock.now(),
      onExecution: ({ run: of, call, attempt }, job) =>
        this.executions.push({ of: `${of} ${call} ${attempt}`, job }),
      holds: (spec) => this.#options.holds?.(spec) ?? false,
    });
    const exitCode = await Promise.race([run.catch(() => 1), container.death]);
    if (exitCode === 'dead') this.batch.end(member, 137, RECLAIMED);
    else if (exitCode !== undefined) this.batch.end(member, exitCode);
  }

  #later(at: number, act: () => void): void {
    this.#pending += 1;
    this.clock.at(at, () => {
      this.#pending -= 1;
      act();
    });
  }

  /** By EventBridge, every quarter of an hour. */
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
        event: 'the world failed',
        data: error instanceof Error ? error.stack : error,
      });
      return failed('', 500, 'WorldFailed', String(error));
    }
  }

  #callerOf(call: Call): { readonly name: string; kill(): void } | undefined {
    const under = this.instances.under;
    // By URLs that the controller signed.
    if (call.presigned)
      return under?.id.startsWith('evaluator') === true
        ? { name: 'evaluator', kill: () => under.kill() }
        : { name: 'client', kill: () => undefined };
    const found = this.instances.find(call.signer) ?? this.#containers.get(call.signer);
    return found?.isAlive === true
      ? { name: found.id.split('.')[0] ?? '', kill: () => found.kill() }
      : undefined;
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
        return this.batch.answer(action, request);
      case 'lambda':
        return this.#evaluate(request.body);
      case 'scheduler':
        return this.#schedule(request);
      case 'events':
        return json({ FailedEntryCount: 0, Entries: [{ EventId: '0' }] });
      case 'secretsmanager':
        return json({ Name: 'headrace/tokens', SecretString: SECRET });
      default:
        throw new Error(`nobody answers for ${service}`);
    }
  }

  async #evaluate(body: Buffer): Promise<Answer> {
    const ended = await this.instances.invoke('evaluator', JSON.parse(body.toString()));
    if (ended?.ok === true) return json(ended.value);
    const errorMessage =
      ended === undefined
        ? 'RequestId: 0 Error: Runtime exited with error: signal: killed'
        : ended.error;
    return json({ errorType: 'Runtime.ExitError', errorMessage }, 200, {
      'x-amz-function-error': 'Unhandled',
    });
  }

  #schedule({ url, body }: AwsRequest): Answer {
    if (this.#schedules.has(url)) return failed('scheduler', 409, 'ConflictException', 'it exists');
    this.#schedules.add(url);
    const { ScheduleExpression, Target } = scheduleSchema.parse(JSON.parse(body.toString()));
    this.#later(
      Date.parse(`${ScheduleExpression.slice(3, -1)}Z`),
      () => void this.queues.byName.delays.send({ body: Target.Input }),
    );
    return json({ ScheduleArn: `arn:aws:scheduler:::${url}` });
  }

  #note(level: 'warn' | 'error', data: unknown): void {
    const { event } = z.looseObject({ event: z.string() }).safeParse(data).data ?? {
      event: String(data),
    };
    this.log.push({ level, event, data });
  }
}
