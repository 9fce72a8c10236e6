/**
 * Jobs that do not exist: each lives its fate in virtual time and says what a runner would say, or less.
 *
 * 1. A job works on what it was given: it reads arguments and parents' values as the spec says, and computes what its component computes.
 * 2. `submit` of a name that is there does nothing, and so does `terminate` of what is over.
 * 3. What a job says, it says before its end is told; what is lost or late on the way is the queue's doing.
 *
 * @module
 */
import type { JobIndex, RunId } from '../../src/model/ids.ts';
import type { StepSpec } from '../../src/model/spec.ts';
import type { Transition, TransitionOf } from '../../src/model/transition.ts';
import { isStored, MAX_INLINE_LENGTH, type Value } from '../../src/model/value.ts';
import type { JobGroup, Jobs } from '../../src/ports/jobs.ts';
import type { Objects } from '../../src/ports/objects.ts';
import { type AttemptFate, compute, fateOf } from './fault-plan.ts';
import type { Faults } from './plan.ts';
import type { ComponentPlan } from './program.ts';

export interface JobsWorld {
  readonly seed: number;
  readonly faults: Faults;
  now(): number;
  at(time: number, act: () => void | Promise<void>): void;
  roll(...labels: readonly (string | number)[]): number;
  trace(line: () => string): void;
  send(transition: Transition): void;
  /** The run's place in the plan, and the component as its program declares it. */
  describe(
    run: RunId,
    component: string,
  ): { readonly index: number; readonly component: ComponentPlan };
  checkLaunch(group: JobGroup, first: boolean): void;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly index: number;
  readonly spec: StepSpec;
  readonly rival: boolean;
  /** The attempt has a second job. */
  readonly shared: boolean;
  readonly fate: AttemptFate;
  state: 'waiting' | 'running' | 'ended' | 'gone';
  /** It said its last word, or left its result. */
  spoken: boolean;
  terminated: boolean;
}

export class VirtualJobs implements Jobs {
  readonly all: Job[] = [];
  readonly #world: JobsWorld;
  readonly #objects: Objects;
  readonly #groups = new Map<string, Job[]>();

  constructor(world: JobsWorld, objects: Objects) {
    this.#world = world;
    this.#objects = objects;
  }

  knows(group: string): boolean {
    return this.#groups.has(group);
  }

  async submit(group: JobGroup): Promise<void> {
    const first = !this.#groups.has(group.name);
    this.#world.checkLaunch(group, first);
    if (!first) return;
    const jobs: Job[] = [];
    this.#groups.set(group.name, jobs);
    group.specs.forEach((spec, index) => {
      const { index: run, component } = this.#world.describe(spec.run, spec.component);
      const { seed, faults } = this.#world;
      const fate = fateOf(
        { seed, run, step: spec.step, attempt: spec.attempt },
        faults,
        component.timeoutSeconds !== null,
      );
      const shared = this.#chance(spec, 'twice', faults.job.twice);
      const base = {
        name: group.name,
        index,
        spec,
        fate,
        shared,
        spoken: false,
        terminated: false,
        state: 'waiting' as const,
      };
      const job: Job = { ...base, id: `${group.name}:${index}`, rival: false };
      jobs.push(job);
      this.#begin(job);
      if (!shared) return;
      const rival: Job = { ...base, id: `${group.name}:${index}#2`, rival: true };
      jobs.push(rival);
      this.#begin(rival);
    });
    this.all.push(...jobs);
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

  async terminate({ name, index }: JobIndex, reason: string, id?: string): Promise<void> {
    for (const job of this.#groups.get(name) ?? []) {
      if (job.index !== index || (id !== undefined && job.id !== id) || job.terminated) continue;
      if (job.state !== 'waiting' && job.state !== 'running') continue;
      job.terminated = true;
      this.#world.trace(() => `job ${job.id} is told to end: ${reason}`);
      const wasRunning = job.state === 'running';
      this.#world.at(this.#world.now() + this.#spread(job, 'dying', 1500), () => {
        if (job.state === 'ended' || job.state === 'gone') return;
        if (wasRunning && this.#chance(job.spec, 'last words', 0.5))
          this.#fail(job, { name: 'AbortError', message: 'told to stop' }, 'abort');
        this.#end(job, { exitCode: null, signal: 'SIGTERM', fault: 'abort', reason: 'stopped' });
      });
    }
  }

  #chance({ run, step, attempt }: StepSpec, what: string, probability: number): boolean {
    return (
      this.#world.roll(what, this.#world.describe(run, 'any').index, step, attempt) < probability
    );
  }

  #spread(job: Job, what: string, most: number): number {
    const { run, step, attempt } = job.spec;
    return Math.floor(
      this.#world.roll(
        what,
        this.#world.describe(run, 'any').index,
        step,
        attempt,
        job.rival ? 2 : 1,
      ) * most,
    );
  }

  #begin(job: Job): void {
    const slow = this.#chance(job.spec, 'slow queue', 0.1);
    this.#world.at(this.#world.now() + this.#spread(job, 'queued', slow ? 60_000 : 300), () =>
      this.#start(job),
    );
  }

  #start(job: Job): void {
    if (job.state !== 'waiting' || job.terminated) return;
    job.state = 'running';
    const { fate, spec } = job;
    this.#world.trace(
      () =>
        `job ${job.id} starts: ${spec.step} of run ${this.#world.describe(spec.run, 'any').index}, attempt ${spec.attempt}, ${fate}`,
    );
    const mute = (fate === 'vanishes' || fate === 'reclaimed') && this.#chance(spec, 'mute', 0.4);
    if (!mute)
      this.#say(job, { kind: 'started', ...this.#from(job), logStream: `log of ${job.id}` });
    if (this.#chance(spec, 'forged', this.#world.faults.job.forged)) this.#forge(job);
    if (this.#chance(spec, 'reports', this.#world.faults.job.reports)) this.#report(job);
    const slow = this.#chance(spec, 'slow', 0.05);
    const limit =
      fate === 'hangs' && spec.timeoutSeconds !== null ? spec.timeoutSeconds * 1000 : undefined;
    this.#world.at(
      this.#world.now() + (limit ?? this.#spread(job, 'duration', slow ? 400_000 : 4000)),
      () => this.#finish(job),
    );
  }

  #from({ id, spec }: Job): {
    run: RunId;
    call: number;
    attempt: number;
    job: string;
    token: string;
    at: number;
  } {
    return {
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job: id,
      token: spec.token,
      at: this.#world.now(),
    };
  }

  #say(job: Job, message: TransitionOf<'started' | 'reported' | 'finished'>): void {
    if (message.kind === 'finished') job.spoken = true;
    this.#world.send(message);
  }

  #fail(job: Job, error: { name: string; message: string }, stopped?: string): void {
    this.#say(job, {
      kind: 'finished',
      ...this.#from(job),
      outcome: { ok: false, error, ...(stopped === undefined ? {} : { stopReason: stopped }) },
    });
  }

  #end(
    job: Job,
    how: Pick<TransitionOf<'job.ended'>, 'exitCode' | 'signal' | 'fault' | 'reason'>,
  ): void {
    job.state = 'ended';
    job.spoken = true;
    const { run, call, attempt } = job.spec;
    const submitted = { name: job.name, index: job.index };
    this.#world.at(this.#world.now() + this.#spread(job, 'told', 800), () =>
      this.#world.send({
        kind: 'job.ended',
        run,
        call,
        attempt,
        job: job.id,
        submittedAs: submitted,
        ...how,
        at: this.#world.now(),
      }),
    );
  }

  async #finish(job: Job): Promise<void> {
    if (job.state !== 'running') return;
    switch (job.fate) {
      case 'works':
        this.#say(job, {
          kind: 'finished',
          ...this.#from(job),
          outcome: { ok: true, values: await this.#work(job), artifacts: [] },
        });
        return this.#end(job, {
          exitCode: 0,
          signal: null,
          fault: 'step',
          reason: 'exited with code 0',
        });
      case 'wordless': {
        const message: TransitionOf<'finished'> = {
          kind: 'finished',
          ...this.#from(job),
          outcome: { ok: true, values: await this.#work(job), artifacts: [] },
        };
        await this.#objects.put(
          `${job.spec.outputPrefix}/${job.id}/result.json`,
          Buffer.from(JSON.stringify(message)),
        );
        job.state = 'ended';
        job.spoken = true;
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
      case 'dies': {
        const bySignal = this.#chance(job.spec, 'signal', 0.5);
        return this.#end(job, {
          exitCode: bySignal ? null : 3,
          signal: bySignal ? 'SIGSEGV' : null,
          fault: 'step',
          reason: 'ended on its own',
        });
      }
      case 'hangs':
        if (this.#chance(job.spec, 'last words', 0.5))
          this.#fail(job, { name: 'StepTimeoutError', message: 'over its limit' }, 'timeout');
        return this.#end(job, {
          exitCode: null,
          signal: 'SIGKILL',
          fault: 'timeout',
          reason: 'over its limit',
        });
      case 'reclaimed':
        if (this.#chance(job.spec, 'last words', 0.5))
          this.#fail(job, { name: 'ReclaimedError', message: 'the machine goes' }, 'reclaimed');
        return this.#end(job, {
          exitCode: null,
          signal: 'SIGKILL',
          fault: 'infrastructure',
          reason: 'its machine went',
        });
      case 'vanishes':
        this.#world.trace(() => `job ${job.id} vanishes`);
        job.state = this.#chance(job.spec, 'forgotten', 0.5) ? 'gone' : 'ended';
        job.spoken = true;
        return;
    }
  }

  /** The values of the step, from its arguments and what its parents made. */
  async #work({ id, spec }: Job): Promise<Value[]> {
    const args: unknown = await this.#decode(spec.args);
    if (!Array.isArray(args)) throw new TypeError(`the arguments of ${spec.step} are no list`);
    for (const { path, value } of spec.refs)
      place(args, path, value === null ? undefined : await this.#decode(value));
    const values = compute(this.#world.describe(spec.run, spec.component).component, args);
    return Promise.all(
      values.map((value, n) => this.#encode(value, `${spec.outputPrefix}/${id}/${n}`)),
    );
  }

  async #decode(value: Value): Promise<unknown> {
    return JSON.parse(
      isStored(value) ? Buffer.from(await this.#objects.get(value.key)).toString() : value.text,
    );
  }

  async #encode(value: unknown, key: string): Promise<Value> {
    const text = JSON.stringify(value);
    if (text.length <= MAX_INLINE_LENGTH) return { format: 'json', text };
    return { format: 'json', key, ...(await this.#objects.put(key, Buffer.from(text))) };
  }

  #report(job: Job): void {
    for (let sequence = 0; sequence < 3; sequence += 1) {
      const points = [
        {
          title: 'loss',
          series: 'train',
          iteration: sequence,
          value: sequence,
          at: this.#world.now(),
        },
      ];
      const report = {
        points,
        texts: [],
        artifacts: [],
        models: [],
        onRun: { artifacts: [], models: [] },
      };
      this.#say(job, { kind: 'reported', ...this.#from(job), sequence, report });
    }
  }

  /** Words that must change nothing. */
  #forge(job: Job): void {
    const lie = {
      ok: true as const,
      values: [{ format: 'json' as const, text: '"forged"' }],
      artifacts: [],
    };
    const from = this.#from(job);
    this.#world.send({ kind: 'finished', ...from, token: 'wrong', outcome: lie });
    this.#world.send({ kind: 'finished', ...from, attempt: from.attempt + 1, outcome: lie });
    if (from.attempt > 1)
      this.#world.send({ kind: 'finished', ...from, attempt: from.attempt - 1, outcome: lie });
    this.#world.send({ kind: 'finished', ...from, call: 9999, outcome: lie });
    this.#world.send({ kind: 'started', ...from, token: 'wrong', job: 'nobody' });
  }
}

function place(args: unknown[], path: readonly (string | number)[], value: unknown): void {
  let at: unknown = args;
  for (const key of path.slice(0, -1)) {
    if (typeof at !== 'object' || at === null)
      throw new TypeError(`no place ${path.join('.')} in ${JSON.stringify(args)}`);
    at = Reflect.get(at, key);
  }
  const last = path.at(-1);
  if (typeof at !== 'object' || at === null || last === undefined)
    throw new TypeError(`no place ${path.join('.')} in ${JSON.stringify(args)}`);
  Reflect.set(at, last, value);
}
