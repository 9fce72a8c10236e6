/**
 * A bench for the controller: ports in memory, a clock by hand, jobs that answer when told to.
 *
 * @module
 */

import type { ControllerPorts, ControllerSettings } from '../../../src/controller/context.ts';
import { type Controller, createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { type PipelineDeclaration, pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { Run, RunInfo } from '../../../src/model/run.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { Step } from '../../../src/model/step.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { StatusEvent } from '../../../src/ports/events.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { type Script, scripted } from './logic.ts';

/** What a job answers: a value, or an Error for a failed attempt, or `hang`: nothing. */
export type Answer = (spec: StepSpec) => unknown;
export const HANG = Symbol('hang');

export class Bench {
  readonly storage: MemoryStorage;
  readonly ports: ControllerPorts;
  readonly controller: Controller;
  readonly news: StatusEvent[] = [];
  /** Specs in the order of submission. */
  readonly submitted: StepSpec[] = [];
  readonly groups: string[] = [];
  readonly terminated: string[] = [];
  readonly #queue: Transition[] = [];
  readonly #live = new Map<string, StepSpec>();
  now = 1_000_000;

  constructor(
    readonly script: Script,
    readonly answer: Answer = () => null,
    storage?: MemoryStorage,
    settings: Partial<ControllerSettings> = {},
  ) {
    this.storage = storage ?? createMemoryStorage();
    this.ports = {
      ...this.storage,
      evaluator: scripted(script),
      clock: { now: () => this.now },
      token: (name) => `token of ${name}`,
      liveness: { isAlive: async () => true },
      events: { publish: async (events) => void this.news.push(...events) },
      transitions: { send: async (transitions) => void this.#queue.push(...transitions) },
      jobs: {
        submit: async (group) => {
          if (this.groups.includes(group.name)) return;
          this.groups.push(group.name);
          group.specs.forEach((spec, index) => {
            this.submitted.push(spec);
            this.#live.set(`${group.name}:${index}`, spec);
            this.#run(spec, `${group.name}:${index}`);
          });
        },
        state: async ({ name, index }) =>
          this.#live.has(`${name}:${index}`) ? 'running' : 'unknown',
        terminate: async ({ name, index }, reason, id) => {
          const job = `${name}:${index}`;
          this.terminated.push(id ?? job);
          const spec = id === undefined || id === job ? this.#live.get(job) : undefined;
          if (spec === undefined) return;
          this.#live.delete(job);
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
            at: this.now,
          });
        },
      },
    };
    this.controller = createController(this.ports, settings);
  }

  #run(spec: StepSpec, job: string): void {
    const from = {
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token: spec.token,
      at: this.now,
    };
    this.#queue.push({ kind: 'started', ...from });
    const answer = this.answer(spec);
    if (answer === HANG) return;
    this.#live.delete(job);
    this.#queue.push({
      kind: 'finished',
      ...from,
      outcome:
        answer instanceof Error
          ? { ok: false, error: { name: answer.name, message: answer.message } }
          : {
              ok: true,
              values: spec.returnValues.map(() => ({
                format: 'json' as const,
                text: JSON.stringify(answer),
              })),
              artifacts: [],
            },
    });
  }

  /** The process that ran it is gone: nobody will hear of it. */
  vanish(job: string): void {
    this.#live.delete(job);
  }

  info(
    declaration: Partial<PipelineDeclaration> = {},
    id = '0'.repeat(26),
  ): Omit<RunInfo, 'number'> {
    const bundle = { hash: 'h', key: 'code/h', size: 1, packages: [], resolvedImports: {} };
    const signature = { style: 'positional' as const, parameters: [], rest: false };
    return {
      id: runIdSchema.parse(id),
      pipeline: 'test',
      project: 'examples',
      version: '1.0.0',
      declaration: pipelineDeclarationSchema.parse({ name: 'test', ...declaration }),
      code: {
        hash: 'p',
        id: 'pipeline.ts#main',
        name: 'main',
        signature,
        logic: bundle,
        components: Object.keys(this.script.components).map((name) => ({
          id: `pipeline.ts#${name}`,
          name,
          signature,
          bundle: { ...bundle, hash: `hash of ${name}` },
        })),
        serializers: null,
        projectRoot: '/',
      },
      args: {},
      seed: 's',
      flags: { sdk: '1', flags: [] },
      createdAt: this.now,
      clockStart: this.now,
      noCache: false,
      rerunOf: null,
      defaultQueue: 'default',
    };
  }

  /** Creates a run and moves it until nothing moves without time passing. */
  async start(declaration: Partial<PipelineDeclaration> = {}, id?: string): Promise<RunId> {
    const info = this.info(declaration, id);
    await this.storage.tasks.createRun(info, newHead(info));
    await this.send({ kind: 'run.created', run: info.id });
    return info.id;
  }

  async send(...transitions: readonly Transition[]): Promise<void> {
    this.#queue.push(...transitions);
    await this.settle();
  }

  /** Delivers what is in the queue, one by one. */
  async settle(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.controller.handle(next.run, [next]);
  }

  /** Lets time pass to the next timer, and the one after, until the run is over. */
  async finish(run: RunId): Promise<Run> {
    for (let turns = 0; turns < 100; turns += 1) {
      const { head, info } = await this.run(run);
      if (head.status === 'completed' || head.status === 'failed' || head.status === 'aborted')
        return { head, info };
      await this.tick(run);
    }
    throw new Error(`run ${run} does not end`);
  }

  /** Fires the next timer. */
  async tick(run: RunId): Promise<void> {
    const next = this.storage.timers.nextDueAt([run]);
    if (next === undefined) throw new Error(`run ${run} waits, and has no timer`);
    this.now = Math.max(this.now, next);
    const due = this.storage.timers.due([run], this.now, 1);
    this.storage.timers.removeHandled(due);
    await this.send(
      ...due.map(({ kind, subject, generation }) => ({
        kind: 'timer.fired' as const,
        run,
        timer: kind,
        subject,
        generation,
      })),
    );
  }

  async run(id: RunId): Promise<Run> {
    const run = await this.storage.tasks.run(id);
    if (run === undefined) throw new Error(`no run ${id}`);
    return run;
  }

  async steps(id: RunId): Promise<readonly Step[]> {
    return this.storage.tasks.allSteps(id);
  }

  async statuses(id: RunId): Promise<Record<string, string>> {
    return Object.fromEntries((await this.steps(id)).map((step) => [step.name, step.status]));
  }
}
