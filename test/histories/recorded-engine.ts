/**
 * A deterministic engine that makes and continues golden histories. Its state (records, objects,
 * messages, timers and jobs) can be stored between any two messages. It does one thing at a time,
 * and its clock advances to the next timer.
 *
 * 1. Each message is handled by a new process, which knows only the records. The option `kitAt`
 *    selects the version of this process.
 * 2. Steps are executed by the runner of this version, from the spec in their group's object.
 *
 * @module
 */

import { rerunInfo } from '../../src/engine/rerun-info.ts';
import { encodeGroupSpec, readGroupSpec } from '../../src/model/group-spec.ts';
import type { RunId } from '../../src/model/ids.ts';
import type { RunInfo } from '../../src/model/run.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { Evaluator } from '../../src/ports/evaluator.ts';
import type { Objects } from '../../src/ports/objects.ts';
import type { VersionContent } from '../../src/ports/registry.ts';
import { newRunOf } from '../../src/submit/prepare.ts';
import { MemoryModelRegistry } from '../conformance/memory-model-registry.ts';
import { evaluateExternally } from './external-evaluator.ts';
import { DumpableObjects } from './objects.ts';
import {
  dynamoRecords,
  type Kit,
  type Records,
  type RecordsKind,
  sqliteRecords,
} from './records.ts';
import { executeStep } from './step-execution.ts';
import { idOf, type Phase, type Story } from './stories.ts';

/** A member of a submitted group. */
interface Execution {
  readonly group: string;
  readonly index: number;
}

/** The state of an engine, as the golden histories store it. */
export interface EngineState {
  readonly kind: RecordsKind;
  readonly now: number;
  readonly handled: number;
  readonly phase: number;
  readonly messages: readonly string[];
  readonly submitted: readonly string[];
  /** Jobs that are not started. */
  readonly waiting: readonly Execution[];
  /** Started jobs that run until they are terminated. */
  readonly hanging: readonly Execution[];
  readonly objects: Readonly<Record<string, string>>;
  readonly records: string;
}

export type Pipelines = Readonly<Record<string, VersionContent>>;

export interface EngineOptions {
  readonly story: Story;
  readonly pipelines: Pipelines;
  /** Returns the version that handles a message, by the number of handled messages. */
  readonly kitAt: (handled: number) => Kit;
}

const SECRET = Buffer.alloc(32, 'golden');
const START = Date.UTC(2026, 10, 23);
const specKey = (group: string): string => `specs/${group}`;

export class RecordedEngine {
  readonly #options: EngineOptions;
  readonly #objects = new DumpableObjects();
  readonly #records: Records;
  readonly #kind: RecordsKind;
  #now: number;
  #handled: number;
  #phase: number;
  readonly #messages: string[];
  readonly #submitted: Set<string>;
  readonly #waiting: Execution[];
  readonly #hanging: Execution[];

  private constructor(options: EngineOptions, kind: RecordsKind, state: Partial<EngineState>) {
    this.#options = options;
    this.#kind = kind;
    this.#now = state.now ?? START;
    this.#handled = state.handled ?? 0;
    this.#phase = state.phase ?? 0;
    this.#messages = [...(state.messages ?? [])];
    this.#submitted = new Set(state.submitted);
    this.#waiting = [...(state.waiting ?? [])];
    this.#hanging = [...(state.hanging ?? [])];
    this.#records = (kind === 'sqlite' ? sqliteRecords : dynamoRecords)(
      { now: () => this.#now },
      state.records,
    );
  }

  /** A new engine with the code that the runs need. */
  static async create(
    options: EngineOptions,
    kind: RecordsKind,
    code: Readonly<Record<string, string>>,
  ): Promise<RecordedEngine> {
    const engine = new RecordedEngine(options, kind, {});
    await engine.#objects.restore(code);
    return engine;
  }

  static async restore(options: EngineOptions, state: EngineState): Promise<RecordedEngine> {
    const engine = new RecordedEngine(options, state.kind, state);
    await engine.#objects.restore(state.objects);
    return engine;
  }

  async state(): Promise<EngineState> {
    return {
      kind: this.#kind,
      now: this.#now,
      handled: this.#handled,
      phase: this.#phase,
      messages: [...this.#messages],
      submitted: [...this.#submitted],
      waiting: [...this.#waiting],
      hanging: [...this.#hanging],
      objects: await this.#objects.dump(),
      records: this.#records.dump(),
    };
  }

  close(): void {
    this.#records.close();
  }

  get queries() {
    return this.#records.queries;
  }

  get handled(): number {
    return this.#handled;
  }

  /** The ports of a new process of this version. */
  ports(kit: Kit) {
    const { tasks, cache, limits } = this.#records.open(kit);
    return { tasks, cache, limits, objects: this.#objects.forKit(kit) };
  }

  /** Runs until the story is complete, or `maxMessages` messages are handled in total. */
  async run(maxMessages = Number.POSITIVE_INFINITY): Promise<void> {
    while (this.#handled < maxMessages && (await this.#step()));
  }

  /** Does the next thing. Returns false if the story is complete. */
  async #step(): Promise<boolean> {
    const message = this.#messages.shift();
    if (message !== undefined) {
      await this.#handle(message);
      return true;
    }
    const runs = [
      ...new Set(this.#options.story.phases.slice(0, this.#phase).map(({ run }) => idOf(run))),
    ];
    for (const run of runs) if (await this.#evaluateExternally(run)) return true;
    const execution = this.#waiting.shift();
    if (execution !== undefined) {
      await this.#execute(execution);
      return true;
    }
    const timer = this.#records.removeNextTimer(runs);
    if (timer !== undefined) {
      this.#now = Math.max(this.#now, timer.at);
      const { run, kind, subject, generation } = timer;
      this.#send([{ kind: 'timer.fired', run, timer: kind, subject, generation }]);
      return true;
    }
    const phase = this.#options.story.phases[this.#phase];
    if (phase === undefined) return false;
    this.#phase += 1;
    await this.#perform(phase);
    return true;
  }

  #kit(): Kit {
    return this.#options.kitAt(this.#handled);
  }

  #send(transitions: readonly Transition[]): void {
    this.#messages.push(...transitions.map((transition) => this.#kit().seal(transition, SECRET)));
  }

  async #perform(phase: Phase): Promise<void> {
    const kit = this.#kit();
    const { tasks } = this.ports(kit);
    const id = idOf(phase.run);
    const create = async (info: Omit<RunInfo, 'number'>) => {
      await tasks.createRun(info, kit.newHead(info));
      this.#send([{ kind: 'run.created', run: id }]);
    };
    switch (phase.kind) {
      case 'start': {
        const content = this.#options.pipelines[phase.pipeline];
        if (content === undefined) throw new Error(`there is no pipeline ${phase.pipeline}`);
        const info = newRunOf(
          { version: '1.0.0', content },
          { args: phase.args, noCache: false, id, now: this.#now },
        );
        return create({
          ...info,
          seed: 'golden',
          ...(phase.outside && { evaluatedBy: 'caller' as const }),
        });
      }
      case 'rerun': {
        const source = await tasks.run(idOf(phase.of));
        if (source === undefined) throw new Error(`there is no run ${phase.of}`);
        return create({
          ...rerunInfo(source.info, undefined, this.#now, id),
          rerunFrom: { step: phase.from, sameCode: true },
        });
      }
      case 'abort':
        return this.#send([{ kind: 'run.abort', run: id, reason: 'requested by the story' }]);
      case 'resume': {
        const run = await tasks.run(id);
        return this.#send([{ kind: 'run.resume', run: id, revision: run?.head.revision ?? 0 }]);
      }
    }
  }

  async #handle(message: string): Promise<void> {
    const kit = this.#kit();
    this.#handled += 1;
    this.#now += 1;
    const opened = kit.open(message, SECRET);
    if (!opened.ok) throw new Error(`a message is not readable: ${opened.reason}: ${message}`);
    const { tasks, cache, limits, objects } = this.ports(kit);
    const evaluator = kit.createExternalEvaluator({
      engineEvaluator: evaluatorOf(kit, objects),
      objects,
      readCommands: kit.readCommands,
    });
    const controller = kit.createController({
      tasks,
      cache,
      limits,
      objects,
      evaluator,
      jobs: this.#jobs(),
      transitions: { send: async (transitions) => this.#send(transitions) },
      events: { publish: async () => undefined },
      liveness: { isAlive: async () => true },
      models: new MemoryModelRegistry(),
      removal: { isBeingRemoved: async () => false },
      clock: { now: () => this.#now },
      token: kit.createJobTokens(SECRET),
    });
    await controller.handle(opened.transition.run, [opened.transition]);
  }

  async #evaluateExternally(id: RunId): Promise<boolean> {
    const kit = this.#kit();
    const { tasks, objects } = this.ports(kit);
    const run = await tasks.run(id);
    if (run === undefined) return false;
    return evaluateExternally(run, {
      kit,
      tasks,
      objects,
      evaluator: evaluatorOf(kit, objects),
      secret: SECRET,
      send: (transitions) => this.#send(transitions),
    });
  }

  #jobs(): Parameters<Kit['createController']>[0]['jobs'] {
    return {
      submit: async (group) => {
        if (this.#submitted.has(group.name)) return;
        this.#submitted.add(group.name);
        await this.#objects.put(specKey(group.name), encodeGroupSpec(group.specs, {}));
        this.#waiting.push(...group.specs.map((_, index) => ({ group: group.name, index })));
      },
      state: async () => 'running',
      findsJobs: () => true,
      reportsTermination: () => true,
      terminate: async ({ name, index }, reason) => {
        const at = this.#hanging.findIndex((each) => each.group === name && each.index === index);
        if (at === -1) return;
        this.#hanging.splice(at, 1);
        const { spec } = await this.#specOf({ group: name, index });
        const { run, call, attempt } = spec;
        const ended = {
          kind: 'job.ended',
          run,
          call,
          attempt,
          job: `${name}:${index}`,
          exitCode: 143,
          signal: 'SIGTERM',
          fault: 'abort',
        } as const;
        this.#send([{ ...ended, reason, at: this.#now }]);
      },
    };
  }

  async #specOf({ group, index }: Execution) {
    const content = await this.#objects.get(specKey(group), 1e8);
    return readGroupSpec(
      async (start, length) => content.subarray(start, start + length),
      index,
      this.#kit().createJobTokens(SECRET)(group),
    );
  }

  async #execute(execution: Execution): Promise<void> {
    const { spec } = await this.#specOf(execution);
    const [, generation] = execution.group.split('-');
    const job = `${execution.group}:${execution.index}`;
    if (spec.component === 'slow' && generation === '0') {
      this.#hanging.push(execution);
      const { run, call, attempt, token } = spec;
      return this.#send([{ kind: 'started', run, call, attempt, job, token, at: this.#now }]);
    }
    await executeStep(spec, {
      objects: this.#objects,
      job,
      now: () => this.#now,
      send: (message) => this.#send([message]),
    });
  }
}

/** A new evaluator, without cached evaluations. */
export const evaluatorOf = (kit: Kit, objects: Objects): Evaluator =>
  kit.createEvaluator({
    loadCode: async (info) => Buffer.from(await objects.get(info.code.logic.key, 1e8)).toString(),
    fetchValue: ({ key }) => objects.get(key, 1e8),
  });
