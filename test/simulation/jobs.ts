/**
 * Simulated jobs: each follows its fate in virtual time, and sends the messages of a runner, or
 * fewer.
 *
 * 1. A job computes the values of its component from its spec: the arguments and the values of its
 *    parents.
 * 2. A launch may be refused several times. It changes nothing then.
 * 3. `submit` of an existing name does nothing, and so does `terminate` of a job that has ended.
 * 4. A job sends its messages before its end is reported. The queue may lose or delay them.
 * 5. Jobs of the queue `FUNCTION_QUEUE` are functions: no end is reported, a termination is silent,
 *    and a job that ended without a result, or never started, sends `redelivered`.
 *
 * @module
 */
import type { JobIndex, RunId } from '../../src/model/ids.ts';
import { resultKey } from '../../src/model/object-layout.ts';
import type { StepSpec } from '../../src/model/spec.ts';
import type { Transition, TransitionOf } from '../../src/model/transition.ts';
import type { Value } from '../../src/model/value.ts';
import type { JobGroup, Jobs, LaunchRefusal } from '../../src/ports/jobs.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { type AttemptFate, compute, fateOf } from './fault-plan.ts';
import { forgedMessages, type MessageSender, reportsOf } from './job-reports.ts';
import { computeValues } from './job-values.ts';
import type { Faults } from './plan.ts';
import type { ComponentPlan } from './program.ts';

/** Refusals of one launch. */
const MAX_REFUSALS = 4;

export interface JobsContext {
  readonly seed: number;
  readonly faults: Faults;
  now(): number;
  at(time: number, act: () => void | Promise<void>): void;
  roll(...labels: readonly (string | number)[]): number;
  trace(line: () => string): void;
  send(transition: Transition): void;
  /** The index of the run in the plan, and the component as its program declares it. */
  describe(
    run: RunId,
    component: string,
  ): { readonly index: number; readonly component: ComponentPlan };
  checkLaunch(group: JobGroup, isFirst: boolean): void;
}

/** The queue whose jobs are functions. */
const FUNCTION_QUEUE = 'other';

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly index: number;
  readonly spec: StepSpec;
  /** It is the second job of its attempt. */
  readonly isDuplicate: boolean;
  readonly isFunction: boolean;
  /** Its attempt has a second job. */
  readonly hasDuplicate: boolean;
  readonly fate: AttemptFate;
  state: 'waiting' | 'running' | 'ended' | 'forgotten';
  /** It sent its final message, stored its result, or ended. */
  hasReported: boolean;
  terminated: boolean;
}

export class SimulatedJobs implements Jobs {
  readonly all: Job[] = [];
  readonly #context: JobsContext;
  readonly #objects: Objects;
  readonly #groups = new Map<string, Job[]>();
  readonly #refusals = new Map<string, number>();

  constructor(world: JobsContext, objects: Objects) {
    this.#context = world;
    this.#objects = objects;
  }

  wasSubmitted(group: string): boolean {
    return this.#groups.has(group);
  }

  async submit(group: JobGroup): Promise<LaunchRefusal | undefined> {
    const isFirst = !this.#groups.has(group.name);
    this.#context.checkLaunch(group, isFirst);
    if (!isFirst) return undefined;
    if (this.#refuses(group))
      return { permanent: false, reason: 'could not be launched: the queue is disabled' };
    const jobs: Job[] = [];
    this.#groups.set(group.name, jobs);
    group.specs.forEach((spec, index) => {
      const { index: run, component } = this.#context.describe(spec.run, spec.component);
      const { seed, faults } = this.#context;
      const fate = fateOf(
        { seed, run, step: spec.step, attempt: spec.attempt },
        faults,
        component.timeoutSeconds !== null,
      );
      const hasDuplicate = this.#chance(spec, 'twice', faults.job.duplicated);
      const base = {
        name: group.name,
        index,
        spec,
        fate,
        hasDuplicate,
        isFunction: group.queue === FUNCTION_QUEUE,
        hasReported: false,
        terminated: false,
        state: 'waiting' as const,
      };
      const job: Job = { ...base, id: `${group.name}:${index}`, isDuplicate: false };
      jobs.push(job);
      this.#enqueue(job);
      if (this.#chance(spec, 'waits', this.#context.faults.job.waits)) this.#reportWaiting(job);
      if (!hasDuplicate) return;
      const duplicate: Job = { ...base, id: `${group.name}:${index}#2`, isDuplicate: true };
      jobs.push(duplicate);
      this.#enqueue(duplicate);
    });
    this.all.push(...jobs);
    return undefined;
  }

  #refuses({ name, specs: [first] }: JobGroup): boolean {
    const refusals = this.#refusals.get(name) ?? 0;
    if (first === undefined || refusals === MAX_REFUSALS) return false;
    this.#refusals.set(name, refusals + 1);
    const { index } = this.#context.describe(first.run, first.component);
    const { step, attempt } = first;
    const roll = this.#context.roll('refused', index, step, attempt, refusals);
    if (roll >= this.#context.faults.job.refused) return false;
    this.#context.trace(() => `the launch of ${name} is refused`);
    return true;
  }

  async state({ name, index }: JobIndex): Promise<'unknown' | 'waiting' | 'running' | 'ended'> {
    const states = (this.#groups.get(name) ?? [])
      .filter((job) => job.index === index)
      .map((job) => job.state);
    return (
      states.find((state) => state === 'running' || state === 'waiting') ??
      (states.includes('ended') ? 'ended' : 'unknown')
    );
  }

  findsJobs(queue: string): boolean {
    return queue !== FUNCTION_QUEUE;
  }

  reportsTermination(queue: string): boolean {
    return queue !== FUNCTION_QUEUE;
  }

  async terminate({ name, index }: JobIndex, reason: string, id?: string): Promise<void> {
    for (const job of this.#groups.get(name) ?? []) {
      if (job.index !== index || (id !== undefined && job.id !== id) || job.terminated) continue;
      if (job.state !== 'waiting' && job.state !== 'running') continue;
      job.terminated = true;
      this.#context.trace(() => `job ${job.id} is terminated: ${reason}`);
      const wasRunning = job.state === 'running';
      if (job.isFunction) {
        if (!wasRunning) job.state = 'ended';
        continue;
      }
      this.#context.at(this.#context.now() + this.#delayMs(job, 'dying', 1500), () => {
        if (job.state === 'ended' || job.state === 'forgotten') return;
        if (wasRunning && this.#chance(job.spec, 'last words', 0.5))
          this.#fail(job, { name: 'AbortError', message: 'terminated' }, 'abort');
        this.#end(job, { exitCode: null, signal: 'SIGTERM', fault: 'abort', reason: 'stopped' });
      });
    }
  }

  #chance({ run, step, attempt }: StepSpec, what: string, probability: number): boolean {
    return (
      this.#context.roll(what, this.#context.describe(run, 'any').index, step, attempt) <
      probability
    );
  }

  #delayMs(job: Job, what: string, maxMs: number): number {
    const { run, step, attempt } = job.spec;
    return Math.floor(
      this.#context.roll(
        what,
        this.#context.describe(run, 'any').index,
        step,
        attempt,
        job.isDuplicate ? 2 : 1,
      ) * maxMs,
    );
  }

  #enqueue(job: Job): void {
    const slow = this.#chance(job.spec, 'slow queue', 0.1);
    this.#context.at(this.#context.now() + this.#delayMs(job, 'queued', slow ? 60_000 : 300), () =>
      this.#start(job),
    );
  }

  /** The report may arrive after the job has started or ended. */
  #reportWaiting(job: Job): void {
    const { run, call, attempt } = job.spec;
    const { name, index } = job;
    const at = Math.floor(this.#context.now());
    this.#context.at(at + this.#delayMs(job, 'waiting', 2000), () =>
      this.#context.send({
        kind: 'job.waiting',
        ...{ run, call, attempt, at },
        submittedAs: { name, index },
        reason: 'the queue is blocked',
      }),
    );
  }

  #start(job: Job): void {
    if (job.state !== 'waiting' || job.terminated) return;
    const { fate, spec } = job;
    if (job.isFunction && this.#chance(spec, 'throttled', 0.1)) return this.#redeliver(job);
    job.state = 'running';
    this.#context.trace(
      () =>
        `job ${job.id} starts: ${spec.step} of run ${this.#context.describe(spec.run, 'any').index}, attempt ${spec.attempt}, ${fate}`,
    );
    const isSilent =
      (fate === 'vanishes' || fate === 'reclaimed') && this.#chance(spec, 'mute', 0.4);
    if (!isSilent)
      this.#send(job, { kind: 'started', ...this.#senderOf(job), logStream: `log of ${job.id}` });
    if (this.#chance(spec, 'forged', this.#context.faults.job.forged)) this.#forge(job);
    if (this.#chance(spec, 'reports', this.#context.faults.job.reports)) this.#report(job);
    const slow = this.#chance(spec, 'slow', 0.05);
    const limit =
      fate === 'hangs' && spec.timeoutSeconds !== null ? spec.timeoutSeconds * 1000 : undefined;
    this.#context.at(
      this.#context.now() + (limit ?? this.#delayMs(job, 'duration', slow ? 400_000 : 4000)),
      () => this.#finish(job),
    );
  }

  #senderOf({ id, spec }: Job): MessageSender {
    return {
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job: id,
      token: spec.token,
      at: Math.floor(this.#context.now()),
    };
  }

  #send(job: Job, message: TransitionOf<'started' | 'reported' | 'finished'>): void {
    if (message.kind === 'finished') job.hasReported = true;
    this.#context.send(message);
  }

  #fail(job: Job, error: { name: string; message: string }, stopped?: string): void {
    this.#send(job, {
      kind: 'finished',
      ...this.#senderOf(job),
      outcome: { ok: false, error, ...(stopped === undefined ? {} : { stopReason: stopped }) },
    });
  }

  #end(
    job: Job,
    outcome: Pick<TransitionOf<'job.ended'>, 'exitCode' | 'signal' | 'fault' | 'reason'>,
  ): void {
    if (job.isFunction && !job.hasReported) return this.#redeliver(job);
    job.state = 'ended';
    job.hasReported = true;
    if (job.isFunction) return;
    const { run, call, attempt } = job.spec;
    const submitted = { name: job.name, index: job.index };
    this.#context.at(this.#context.now() + this.#delayMs(job, 'told', 800), () =>
      this.#context.send({
        kind: 'job.ended',
        run,
        call,
        attempt,
        job: job.id,
        submittedAs: submitted,
        ...outcome,
        at: Math.floor(this.#context.now()),
      }),
    );
  }

  /** The message of the function becomes visible again, and its receiver reports that. */
  #redeliver(job: Job): void {
    job.state = 'ended';
    job.hasReported = true;
    this.#context.at(this.#context.now() + this.#delayMs(job, 'visible again', 90_000), () =>
      this.#context.send({
        kind: 'redelivered',
        ...this.#senderOf(job),
      }),
    );
  }

  async #finish(job: Job): Promise<void> {
    if (job.state !== 'running') return;
    switch (job.fate) {
      case 'works':
        this.#send(job, {
          kind: 'finished',
          ...this.#senderOf(job),
          outcome: { ok: true, values: await this.#valuesOf(job), artifacts: [] },
        });
        return this.#end(job, {
          exitCode: 0,
          signal: null,
          fault: 'step',
          reason: 'exited with code 0',
        });
      case 'undelivered': {
        const message: TransitionOf<'finished'> = {
          kind: 'finished',
          ...this.#senderOf(job),
          outcome: { ok: true, values: await this.#valuesOf(job), artifacts: [] },
        };
        await this.#objects.put(
          resultKey(job.spec.outputPrefix, job.id),
          Buffer.from(JSON.stringify(message)),
        );
        if (job.isFunction) return this.#redeliver(job);
        job.state = 'ended';
        job.hasReported = true;
        return;
      }
      case 'fails':
        this.#fail(job, { name: 'Error', message: `attempt ${job.spec.attempt} fails` });
        return this.#end(job, {
          exitCode: 1,
          signal: null,
          fault: 'step',
          reason: 'exited with code 1',
        });
      case 'crashes': {
        if (job.isFunction)
          this.#fail(job, { name: 'StepCrashedError', message: 'exited by itself' });
        const bySignal = this.#chance(job.spec, 'signal', 0.5);
        return this.#end(job, {
          exitCode: bySignal ? null : 3,
          signal: bySignal ? 'SIGSEGV' : null,
          fault: 'step',
          reason: 'exited by itself',
        });
      }
      case 'hangs':
        if (job.isFunction || this.#chance(job.spec, 'last words', 0.5))
          this.#fail(
            job,
            { name: 'StepTimeoutError', message: 'exceeded its time limit' },
            'timeout',
          );
        return this.#end(job, {
          exitCode: null,
          signal: 'SIGKILL',
          fault: 'timeout',
          reason: 'exceeded its time limit',
        });
      case 'reclaimed':
        if (this.#chance(job.spec, 'last words', 0.5))
          this.#fail(
            job,
            { name: 'ReclaimedError', message: 'the machine is reclaimed' },
            'reclaimed',
          );
        return this.#end(job, {
          exitCode: null,
          signal: 'SIGKILL',
          fault: 'infrastructure',
          reason: 'its machine was reclaimed',
        });
      case 'vanishes':
        this.#context.trace(() => `job ${job.id} vanishes`);
        if (job.isFunction) return this.#redeliver(job);
        job.state = this.#chance(job.spec, 'forgotten', 0.5) ? 'forgotten' : 'ended';
        job.hasReported = true;
        return;
    }
  }

  #valuesOf({ id, spec }: Job): Promise<Value[]> {
    const { component } = this.#context.describe(spec.run, spec.component);
    return computeValues(this.#objects, spec, id, (args) => compute(component, args));
  }

  #report(job: Job): void {
    for (const message of reportsOf(this.#senderOf(job))) this.#send(job, message);
  }

  /** Sends forged messages, which must change nothing. */
  #forge(job: Job): void {
    for (const message of forgedMessages(this.#senderOf(job))) this.#context.send(message);
  }
}
