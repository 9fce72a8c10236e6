/**
 * Bundles of logic for tests, and a run without a controller, which the test drives.
 *
 * The logic is JavaScript in the form that the bundler produces: components without bodies, with
 * the bundler's metadata as the third argument. The replay SDK is bundled once for all of them.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { decode, fromInline } from '../../../src/codec/index.ts';
import { createEvaluator, type EvaluatorOptions } from '../../../src/evaluator/index.ts';
import { type ErrorRecord, toErrorRecord } from '../../../src/model/errors.ts';
import type {
  Command,
  CommandOf,
  HistoryEvent,
  SignedCommand,
} from '../../../src/model/history.ts';
import { runIdSchema } from '../../../src/model/ids.ts';
import { pipelineDeclarationSchema } from '../../../src/model/options.ts';
import type { RunInfo } from '../../../src/model/run.ts';
import type { Value } from '../../../src/model/value.ts';
import {
  type Evaluator,
  type EvaluatorCrash,
  EvaluatorCrashedError,
  type HistoryReader,
  type LogicAnswer,
  MAX_EVALUATOR_CRASHES,
} from '../../../src/ports/evaluator.ts';

const SDK = fileURLToPath(new URL('../../../src/sdk/replay/index.ts', import.meta.url));

let sdk: Promise<string> | undefined;

async function bundleSdk(): Promise<string> {
  const bundle = await rolldown({ input: SDK, logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'iife', name: 'sdk' });
  await bundle.close();
  return output[0].code;
}

/** Declares a component as the bundler's transformation does. */
const HELPERS = `
  const { component, pipeline, sleep, waitForSignal, cancel, cancelOnAbort, timeout, currentStep, PipelineDecorator, ArtifactFile, StepFailedError, StepSkippedError, StepAbortedError, boot } = sdk;
  const step = (name, options = {}, parameters = ['x', 'y', 'z'], style = 'positional') =>
    component(options, undefined, { id: 'pipeline.ts#' + name, name, style, parameters });
  const a = step('a'), b = step('b'), c = step('c');
  const two = step('two', { returnValues: ['left', 'right'] });
`;

/**
 * Returns a bundle with the top level `top` and the pipeline's function `main`, an expression. The
 * components `a`, `b`, `c` and `two` are declared.
 */
export async function logicOf(main: string, top = '', options = '{}'): Promise<string> {
  sdk ??= bundleSdk();
  return `var __headrace = (function () {
    ${await sdk}
    return (function () { 'use strict'; ${HELPERS}
    ${top}
    return boot(pipeline(${options}, ${main}, { id: 'pipeline.ts#main', name: 'main' })); })();
  })();`;
}

let runs = 0;

export function runInfo(
  overrides: Partial<RunInfo> = {},
  parameters: readonly string[] = Object.keys(overrides.args ?? {}),
): RunInfo {
  const bundle = {
    hash: `logic-${runs}`,
    key: 'code/logic',
    size: 0,
    packages: [],
    resolvedImports: {},
  };
  runs++;
  return {
    id: runIdSchema.parse(String(runs).padStart(26, '0')),
    pipeline: 'main',
    project: 'tests',
    version: '1.0.0',
    number: 1,
    declaration: pipelineDeclarationSchema.parse({ name: 'main' }),
    code: {
      hash: 'code',
      id: 'pipeline.ts#main',
      name: 'main',
      signature: {
        style: 'positional',
        rest: false,
        parameters: parameters.map((name) => ({ name, type: { kind: 'any' }, optional: true })),
      },
      logic: bundle,
      components: [],
      serializers: null,
      projectRoot: '.',
    },
    args: {},
    seed: 'seed',
    flags: { sdk: '0.1.0', flags: [] },
    createdAt: 1_700_000_000_000,
    clockStart: 1_700_000_000_000,
    noCache: false,
    rerunOf: null,
    defaultQueue: 'default',
    ...overrides,
  };
}

/** The same run with this code of its logic. */
export function withCode(info: RunInfo, text: string): RunInfo {
  const hash = createHash('sha256').update(text).digest('hex');
  return { ...info, code: { ...info.code, logic: { ...info.code.logic, hash } } };
}

export const json = (value: unknown): Value => ({ format: 'json', text: JSON.stringify(value) });

/** An event without its time. */
export type NewEvent = HistoryEvent extends infer E
  ? E extends HistoryEvent
    ? Omit<E, 'at'> & { at?: number }
    : never
  : never;

const PAGE = 7;

/** A run without a controller. The test appends events, and all commands are accepted. */
export class HandRun {
  readonly events: HistoryEvent[] = [];
  readonly signatures: string[] = [];
  readonly commands: Command[] = [];
  /** Objects that `fetchValue` finds, by key. */
  readonly objects = new Map<string, Uint8Array>();
  readonly fetched: string[] = [];
  readonly info: RunInfo;
  readonly evaluator: Evaluator;

  private constructor(
    info: RunInfo,
    readonly code: string,
    private readonly options: Partial<EvaluatorOptions>,
  ) {
    this.info = withCode(info, code);
    this.evaluator = this.freshEvaluator();
  }

  /** A run of the pipeline with the function `main`, before its first evaluation. */
  static async create(
    main: string,
    { top = '', options = '{}', info = runInfo(), ...evaluator }: StartOptions = {},
  ): Promise<HandRun> {
    return new HandRun(info, await logicOf(main, top, options), evaluator);
  }

  /** A run of an existing bundle. */
  static of(info: RunInfo, code: string): HandRun {
    return new HandRun(info, code, {});
  }

  /** A copy of the run with the same events and no accepted commands. */
  static like(run: HandRun): HandRun {
    const other = new HandRun(run.info, run.code, run.options);
    for (const event of run.events) other.events.push(event);
    for (const [key, bytes] of run.objects) other.objects.set(key, bytes);
    return other;
  }

  /** A run of the pipeline with the function `main`, evaluated up to its first await. */
  static async start(main: string, options: StartOptions = {}): Promise<HandRun> {
    const run = await HandRun.create(main, options);
    await run.advance();
    return run;
  }

  /** Like `start`, for logic that fails in its first evaluation. Returns the error. */
  static async breaking(main: string, options: StartOptions = {}): Promise<ErrorRecord> {
    return (await HandRun.create(main, options)).expectBroken();
  }

  /** Replays the run from its start with other code. */
  replayWith(code: string): Promise<LogicAnswer> {
    const evaluator = createEvaluator({
      loadCode: async () => code,
      fetchValue: async () => new Uint8Array(),
    });
    return this.evaluate(evaluator, 1000, withCode(this.info, code));
  }

  freshEvaluator(): Evaluator {
    return createEvaluator({
      loadCode: async () => this.code,
      fetchValue: async ({ key }) => {
        this.fetched.push(key);
        return this.objects.get(key) ?? Promise.reject(new Error(`no object ${key}`));
      },
      ...this.options,
    });
  }

  readonly history: HistoryReader = {
    events: (from) => pages(this.events, from),
    signatures: (from) => pages(this.signatures, from),
  };

  /** Evaluates at the end of the history, without accepting the commands. */
  evaluate(
    evaluator = this.evaluator,
    limit = 1000,
    info: RunInfo = this.info,
  ): Promise<LogicAnswer> {
    const { history } = this;
    return evaluator.evaluate({
      info,
      generation: 0,
      position: this.events.length,
      fromCommand: this.signatures.length,
      history,
      limit,
    });
  }

  /** Evaluates, accepts all new commands and returns them. */
  async advance(evaluator = this.evaluator, limit = 1000): Promise<readonly Command[]> {
    const accepted: SignedCommand[] = [];
    for (let more = true; more; ) {
      const answer = await this.evaluate(evaluator, limit);
      if (answer.kind === 'broken')
        throw new Error(`${answer.error.name}: ${answer.error.message}`);
      for (const { signature } of answer.commands) this.signatures.push(signature);
      for (const command of answer.commands) accepted.push(command);
      more = answer.more;
    }
    const commands = accepted.map(({ command }) => command);
    for (const command of commands) this.commands.push(command);
    return commands;
  }

  /** Evaluates, and returns the error of the logic. Throws if it did not fail. */
  async expectBroken(evaluator = this.evaluator): Promise<ErrorRecord> {
    const answer = await this.evaluate(evaluator);
    if (answer.kind !== 'broken')
      throw new Error(
        `the logic did not fail: ${JSON.stringify(answer.commands.map(({ command }) => command))}`,
      );
    return answer.error;
  }

  append(...events: readonly NewEvent[]): this {
    for (const event of events)
      this.events.push({
        at: this.info.createdAt + 1000 * (this.events.length + 1),
        ...event,
      } as HistoryEvent);
    return this;
  }

  /** Appends the events and evaluates. */
  after(...events: readonly NewEvent[]): Promise<readonly Command[]> {
    return this.append(...events).advance();
  }

  of<K extends Command['kind']>(kind: K): readonly CommandOf<K>[] {
    return this.commands.filter((command): command is CommandOf<K> => command.kind === kind);
  }

  /** The value that the function returned. */
  get returned(): unknown {
    const [returned] = this.of('returned');
    return returned === undefined ? undefined : decode(fromInline(returned.value));
  }

  get threw(): ErrorRecord | undefined {
    return this.of('threw')[0]?.error;
  }
}

type StartOptions = {
  readonly top?: string;
  readonly options?: string;
  readonly info?: RunInfo;
} & Partial<EvaluatorOptions>;

async function* pages<T>(all: readonly T[], from: number): AsyncGenerator<readonly T[]> {
  for (let at = from; at < all.length; at += PAGE) yield all.slice(at, at + PAGE);
}

export const completed = (call: number, ...values: readonly unknown[]): NewEvent => ({
  kind: 'completed',
  call,
  values: values.map(json),
});

export const failed = (call: number, message = 'boom'): NewEvent => ({
  kind: 'failed',
  call,
  step: `step ${call}`,
  attempts: 2,
  error: { name: 'TypeError', message, stack: `TypeError: ${message}\n    at work (steps.ts:1:1)` },
});

/** An evaluator whose crashes are counted, as the controller counts them. */
export const withCountedCrashes = (
  evaluator: Evaluator<LogicAnswer | EvaluatorCrash>,
): Evaluator => ({
  drop: (run) => evaluator.drop(run),
  async evaluate(request) {
    for (let crashes = 1; ; crashes += 1) {
      const answer = await evaluator.evaluate(request);
      if (answer.kind !== 'crashed') return answer;
      if (crashes === MAX_EVALUATOR_CRASHES)
        return { kind: 'broken', error: toErrorRecord(new EvaluatorCrashedError(answer.reason)) };
    }
  },
});
