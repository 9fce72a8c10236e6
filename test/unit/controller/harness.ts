/**
 * Runs the controller on ports in memory, with a clock that the test sets, and with jobs whose
 * outcomes the test defines.
 *
 * @module
 */

import type { ControllerPorts, ControllerSettings } from '../../../src/controller/context.ts';
import { type Controller, createController } from '../../../src/controller/controller.ts';
import { newHead } from '../../../src/controller/run/run-head.ts';
import type { Report } from '../../../src/model/artifacts.ts';
import { type RunId, runIdSchema } from '../../../src/model/ids.ts';
import { type PipelineDeclaration, pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { Run, RunInfo } from '../../../src/model/run.ts';
import type { StepSpec } from '../../../src/model/spec.ts';
import type { Step } from '../../../src/model/step.ts';
import type { Transition } from '../../../src/model/transition.ts';
import type { StatusEvent } from '../../../src/ports/events.ts';
import { createMemoryStorage, type MemoryStorage } from '../../conformance/memory.ts';
import { type Script, scripted } from './logic.ts';

/**
 * Returns the outcome of a job: a value, an Error for a failed attempt, or `NO_OUTCOME` for a job
 * that runs until it is terminated.
 */
export type JobOutcome = (spec: StepSpec) => unknown;
export const NO_OUTCOME = Symbol('no outcome');

export class ControllerHarness {
  readonly storage: MemoryStorage;
  readonly ports: ControllerPorts;
  readonly controller: Controller;
  readonly statusEvents: StatusEvent[] = [];
  /** All submitted specs, in the order of submission. */
  readonly submittedSpecs: StepSpec[] = [];
  readonly submittedGroups: string[] = [];
  readonly terminatedJobs: string[] = [];
  readonly #queue: Transition[] = [];
  readonly #liveJobs = new Map<string, StepSpec>();
  now = 1_000_000;
  /** What each attempt reports before its outcome. */
  reportOf: ((spec: StepSpec) => Report) | undefined;

  constructor(
    readonly script: Script,
    readonly outcomeOf: JobOutcome = () => null,
    storage?: MemoryStorage,
    settings: Partial<ControllerSettings> = {},
    changePorts: (ports: ControllerPorts) => ControllerPorts = (ports) => ports,
  ) {
    this.storage = storage ?? createMemoryStorage();
    this.ports = changePorts({
      ...this.storage,
      evaluator: scripted(script),
      clock: { now: () => this.now },
      token: (name) => `token of ${name}`,
      liveness: { isAlive: async () => true },
      removal: this.storage.tasks,
      events: { publish: async (events) => void this.statusEvents.push(...events) },
      transitions: { send: async (transitions) => void this.#queue.push(...transitions) },
      jobs: {
        submit: async (group) => {
          if (this.submittedGroups.includes(group.name)) return;
          this.submittedGroups.push(group.name);
          group.specs.forEach((spec, index) => {
            this.submittedSpecs.push(spec);
            this.#liveJobs.set(`${group.name}:${index}`, spec);
            this.#runJob(spec, `${group.name}:${index}`);
          });
        },
        findsJobs: (queue) => queue !== 'functions',
        reportsTermination: (queue) => queue !== 'functions',
        state: async ({ name, index }) =>
          this.#liveJobs.has(`${name}:${index}`) ? 'running' : 'unknown',
        terminate: async ({ name, index }, reason, id) => {
          const job = `${name}:${index}`;
          this.terminatedJobs.push(id ?? job);
          const spec = id === undefined || id === job ? this.#liveJobs.get(job) : undefined;
          if (spec === undefined) return;
          this.#liveJobs.delete(job);
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
    });
    this.controller = createController(this.ports, settings);
  }

  #runJob(spec: StepSpec, job: string): void {
    const sender = {
      run: spec.run,
      call: spec.call,
      attempt: spec.attempt,
      job,
      token: spec.token,
      at: this.now,
    };
    this.#queue.push({ kind: 'started', ...sender });
    const report = this.reportOf?.(spec);
    if (report !== undefined)
      this.#queue.push({ kind: 'reported', ...sender, sequence: 0, report });
    const outcome = this.outcomeOf(spec);
    if (outcome === NO_OUTCOME) return;
    this.#liveJobs.delete(job);
    this.#queue.push({
      kind: 'finished',
      ...sender,
      outcome:
        outcome instanceof Error
          ? { ok: false, error: { name: outcome.name, message: outcome.message } }
          : {
              ok: true,
              values: spec.returnValues.map(() => ({
                format: 'json' as const,
                text: JSON.stringify(outcome),
              })),
              artifacts: [],
            },
    });
  }

  /** Makes a job unknown without a message, as if its process had crashed. */
  loseJob(job: string): void {
    this.#liveJobs.delete(job);
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
          id: this.script.components[name]?.id ?? `pipeline.ts#${name}`,
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

  /** Creates a run, and handles its messages until only timers remain. */
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

  /** Handles the messages of the queue, one at a time. */
  async settle(): Promise<void> {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift())
      await this.controller.handle(next.run, [next]);
  }

  /** Fires timers until the run is terminal. */
  async finish(run: RunId): Promise<Run> {
    for (let turns = 0; turns < 100; turns += 1) {
      const { head, info } = await this.run(run);
      if (head.status === 'completed' || head.status === 'failed' || head.status === 'aborted')
        return { head, info };
      await this.fireNextTimer(run);
    }
    throw new Error(`run ${run} does not complete`);
  }

  /** Advances the clock to the next timer and fires it. */
  async fireNextTimer(run: RunId): Promise<void> {
    const next = this.storage.timers.nextDueAt([run]);
    if (next === undefined) throw new Error(`run ${run} waits without a timer`);
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
    if (run === undefined) throw new Error(`run ${id} does not exist`);
    return run;
  }

  async steps(id: RunId): Promise<readonly Step[]> {
    return this.storage.tasks.allSteps(id);
  }

  async statuses(id: RunId): Promise<Record<string, string>> {
    return Object.fromEntries((await this.steps(id)).map((step) => [step.name, step.status]));
  }
}
