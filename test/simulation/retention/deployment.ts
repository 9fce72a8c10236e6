/**
 * A deployment over months of simulated time: the controller on tables and objects that expire, with
 * jobs that take from no time to weeks.
 *
 * @module
 */

import { encodeTime } from 'ulid';
import { createDynamoLimits } from '../../../src/aws/storage/concurrency-limits.ts';
import { createDynamoModelRegistry } from '../../../src/aws/storage/model-registry.ts';
import { createDynamoCache } from '../../../src/aws/storage/step-cache.ts';
import { createDynamoTasks, type DynamoTasks } from '../../../src/aws/tasks/dynamo-tasks.ts';
import { createDynamoQueries } from '../../../src/aws/tasks/queries.ts';
import { sweepStaleRuns } from '../../../src/aws/timers/stale-run-sweep.ts';
import type { ControllerPorts } from '../../../src/controller/context.ts';
import { type Controller, createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { Model } from '../../../src/model/artifacts.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import {
  type ObjectExpiration,
  objectExpirations,
  returnValueKey,
  uploadKey,
} from '../../../src/model/object-layout.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import { adoptableDays, daysToMs, type Retention } from '../../../src/model/retention.ts';
import type { NewRun, Run } from '../../../src/model/run.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { StoredValue } from '../../../src/model/value.ts';
import type { RunQueries, Timer } from '../../../src/ports/tasks.ts';
import { MemoryModelRegistry } from '../../conformance/memory-model-registry.ts';
import { anInfo } from '../../conformance/records.ts';
import { type Script, scripted } from '../../unit/controller/logic.ts';
import { ExpiringObjects, ExpiringTables } from './expiring-store.ts';

export const HOUR_MS = 3_600_000;
const SWEEP_MS = 8 * HOUR_MS;

/** What a job does: it takes some days, and then stores its result, or fails. */
export interface JobPlan {
  readonly days: number;
  readonly fails: boolean;
}

export interface DeploymentOptions {
  readonly retention: Retention;
  readonly script: Script;
  readonly planOf: (spec: StepSpec) => JobPlan;
  /** The rules of the bucket. Default: those of the stack. */
  readonly objectRules?: readonly ObjectExpiration[];
  /** The limits that the controller enforces. Default: those of the deployed function. */
  readonly limits?: { readonly maxActiveMs?: number; readonly adoptableMs?: number };
}

interface Due {
  readonly at: number;
  readonly transitions: readonly Transition[];
  /** Replaced by a later timer with the same text. */
  readonly timer?: string;
  readonly job?: string;
}

export class Deployment {
  readonly clock = { now: () => this.#now };
  readonly tables = new ExpiringTables(this.clock);
  readonly objects = new ExpiringObjects(this.clock);
  readonly queries: RunQueries;
  readonly cache;
  readonly models;
  readonly #limits;
  readonly #options: DeploymentOptions;
  readonly #rules: readonly ObjectExpiration[];
  readonly #queue: Transition[] = [];
  readonly #jobs = new Map<string, StepSpec>();
  #due: Due[] = [];
  #now = Date.UTC(2026, 0, 5);
  #nextSweepAt = 0;
  #started = 0;
  #tasks: DynamoTasks;
  #controller: Controller;

  constructor(options: DeploymentOptions) {
    const { retention, objectRules } = options;
    this.#options = options;
    this.#rules = objectRules ?? objectExpirations(retention, null);
    const shared = { client: this.tables.client, retention, clock: this.clock };
    this.queries = createDynamoQueries({ ...shared, table: 'tasks' });
    this.cache = createDynamoCache({ ...shared, table: 'cache' });
    this.#limits = createDynamoLimits({ ...shared, table: 'cache' });
    this.models = createDynamoModelRegistry({ ...shared, table: 'tasks' });
    [this.#tasks, this.#controller] = this.#newProcess();
  }

  get tasks(): DynamoTasks {
    return this.#tasks;
  }

  /** Another process continues, with nothing in memory. */
  replaceProcess(): void {
    [this.#tasks, this.#controller] = this.#newProcess();
  }

  #newProcess(): [DynamoTasks, Controller] {
    const { retention, script, limits } = this.#options;
    const tasks = createDynamoTasks({
      client: this.tables.client,
      table: 'tasks',
      role: 'writer',
      timers: { set: async (run, timers) => this.#setTimers(run, timers) },
      retention,
      clock: this.clock,
    });
    const ports: ControllerPorts = {
      tasks,
      cache: this.cache,
      limits: this.#limits,
      objects: this.objects,
      evaluator: scripted(script),
      clock: this.clock,
      token: (name) => `token of ${name}`,
      liveness: { isAlive: async () => true },
      models: new MemoryModelRegistry(),
      removal: tasks,
      events: { publish: async () => undefined },
      transitions: { send: async (transitions) => void this.#queue.push(...transitions) },
      jobs: {
        submit: async ({ name, specs }) => {
          for (const [index, spec] of specs.entries())
            await this.#startJob(spec, `${name}:${index}`);
          return undefined;
        },
        findsJobs: () => true,
        reportsTermination: () => true,
        state: async ({ name, index }) =>
          this.#jobs.has(`${name}:${index}`) ? 'running' : 'unknown',
        terminate: async ({ name, index }, reason) => this.#terminate(`${name}:${index}`, reason),
      },
    };
    const controller = createController(ports, {
      maxActiveMs: daysToMs(retention.activeDays),
      adoptableMs: daysToMs(adoptableDays(retention)),
      leaseCheckIntervalMs: 12 * HOUR_MS,
      ...limits,
    });
    return [tasks, controller];
  }

  // --- runs

  async start(over: Partial<NewRun> = {}): Promise<RunId> {
    const now = this.#now;
    const id = this.#newId();
    const declared = Object.keys(this.#options.script.components);
    const { code } = anInfo(id);
    const info: NewRun = {
      ...anInfo(id),
      declaration: pipelineDeclarationSchema.parse({ name: 'iris', poolFrequency: 24 * 60 }),
      code: {
        ...code,
        components: declared.map((name) => ({
          id: `pipeline.ts#${name}`,
          name,
          signature: code.signature,
          bundle: { ...code.logic, hash: `hash of ${name}` },
        })),
      },
      createdAt: now,
      clockStart: now,
      ...over,
    };
    await this.#tasks.createRun(info, newHead(info));
    await this.#send({ kind: 'run.created', run: id });
    return id;
  }

  /** `newRunId` never goes back in time, as a world after another one does. */
  #newId(): RunId {
    this.#started += 1;
    const suffix = String(this.#started).padStart(16, '0');
    return runIdSchema.parse(`${encodeTime(this.#now)}${suffix}`.toLowerCase());
  }

  async rerun({ info }: Run, step: string, sameCode: boolean): Promise<RunId> {
    const { id, createdAt, number, rerunFrom, ...rest } = info;
    return this.start({ ...rest, rerunOf: id, rerunFrom: { step, sameCode } });
  }

  async resume({ info, head }: Run): Promise<void> {
    await this.#send({ kind: 'run.resume', run: info.id, revision: head.revision });
  }

  /** The runs that a user can list. */
  runs(): Promise<readonly Run[]> {
    return this.queries.runs({ limit: 10_000 });
  }

  // --- time

  /** Advances the clock; everything that is due happens in its order. */
  async advance(milliseconds: number): Promise<void> {
    const end = Math.round(this.#now + milliseconds);
    while (true) {
      const next = this.#due
        .filter(({ at }) => at <= end)
        .reduce<Due | undefined>(
          (first, due) => (first && first.at <= due.at ? first : due),
          undefined,
        );
      if (next === undefined) break;
      this.#due = this.#due.filter((due) => due !== next);
      await this.#passUntil(Math.max(this.#now, next.at));
      if (next.job !== undefined && !this.#jobs.delete(next.job)) continue;
      await this.#send(...next.transitions);
    }
    await this.#passUntil(end);
  }

  /** Objects expire before anything happens at `time`; at intervals items do, and the sweeper runs. */
  async #passUntil(time: number): Promise<void> {
    this.#now = time;
    await this.objects.expire(this.#rules);
    if (time < this.#nextSweepAt) return;
    this.#nextSweepAt = time + SWEEP_MS;
    await this.tables.expire();
    await sweepStaleRuns({
      queries: this.queries,
      transitions: { send: async (transitions) => void this.#queue.push(...transitions) },
      clock: this.clock,
      maxActiveMs:
        this.#options.limits?.maxActiveMs ?? daysToMs(this.#options.retention.activeDays),
    });
    await this.#send();
  }

  #setTimers(run: RunId, timers: readonly Timer[]): void {
    for (const { kind, subject, generation, at } of timers) {
      const timer = `${run} ${kind} ${subject}`;
      this.#due = this.#due.filter((due) => due.timer !== timer);
      const fired = { kind: 'timer.fired', run, timer: kind, subject, generation } as const;
      this.#due.push({ at, timer, transitions: [fired] });
    }
  }

  async #send(...transitions: readonly Transition[]): Promise<void> {
    this.#queue.push(...transitions);
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.#controller.handle(next.run, [next]);
  }

  // --- jobs

  /** A job stores its model when it starts, and its result when it ends. */
  async #startJob(spec: StepSpec, job: string): Promise<void> {
    if (this.#jobs.has(job)) return;
    this.#jobs.set(job, spec);
    const { run, call, attempt, token, outputPrefix } = spec;
    const sender = { run, call, attempt, job, token, at: this.#now };
    const model = await this.#model(uploadKey(outputPrefix, job, 'model', 0, 'm'), 'm');
    const onRun = await this.#model(uploadKey(outputPrefix, job, 'model', 1, 'r'), spec.step);
    const { days, fails } = this.#options.planOf(spec);
    const values = [await this.#store(returnValueKey(outputPrefix, job, 'v'))];
    const report = {
      points: [],
      texts: [],
      artifacts: [],
      models: [model],
      onRun: { artifacts: [], models: [onRun] },
    };
    this.#queue.push(
      { kind: 'started', ...sender },
      { kind: 'reported', ...sender, sequence: 0, report },
    );
    this.#due.push({
      at: Math.round(this.#now + daysToMs(days)),
      job,
      transitions: [
        {
          kind: 'finished',
          ...sender,
          outcome: fails
            ? { ok: false, error: { name: 'Error', message: 'no luck' } }
            : { ok: true, values, artifacts: [] },
        },
      ],
    });
  }

  async #model(key: string, name: string): Promise<Model> {
    const value = await this.#store(key);
    return { name, value, size: value.size, hash: value.hash, createdAt: this.#now };
  }

  async #store(key: string): Promise<StoredValue> {
    const info = await this.objects.put(key, Buffer.from(key));
    return { format: 'bytes', key, ...info };
  }

  #terminate(job: string, reason: string): void {
    const spec = this.#jobs.get(job);
    if (spec === undefined) return;
    this.#jobs.delete(job);
    this.#queue.push({
      kind: 'job.ended',
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      exitCode: null,
      signal: 'SIGTERM',
      fault: 'abort',
      reason,
      at: this.#now,
    });
  }
}
