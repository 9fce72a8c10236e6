/**
 * The evaluator: replays a pipeline's logic in this process.
 *
 * 1. An evaluation in memory continues if its position is the requested one. Otherwise, a new
 *    evaluation replays the history from the start.
 * 2. The requests of one run are evaluated one at a time.
 * 3. After an error, no evaluation of the run stays in memory.
 * 4. Code is executed only if its hash is the one of the run, whatever the host loaded.
 *
 * @module
 */
import type vm from 'node:vm';
import { CodeMismatchError, verifiedCode } from '../model/code-integrity.ts';
import { type HeadraceError, toErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { StoredValue } from '../model/value.ts';
import type { EvaluationRequest, Evaluator, LogicAnswer } from '../ports/evaluator.ts';
import { ObjectMissingError, ObjectTooLargeError } from '../ports/objects.ts';
import { NonStepAwaitError, OptionError } from '../sdk/errors.ts';
import { compileLogic } from './compile-logic.ts';
import * as errors from './errors.ts';
import { Evaluation, type EvaluationOptions } from './evaluation.ts';
import { runGuarded, type Watch } from './guard.ts';
import { type ContextOptions, LogicContext } from './logic-context.ts';
import { LruMap } from './lru-map.ts';

export interface EvaluatorOptions {
  /** Returns the text of the logic's bundle. */
  readonly loadCode: (info: RunInfo) => Promise<string>;
  /** Returns the bytes of a result that the logic awaits. */
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
  /**
   * How long the logic may run without awaiting a step. Infinity disables the limit, for trusted
   * code. Default: 10,000.
   */
  readonly timeoutMs?: number;
  /** The most evaluations in memory; the least recently used one is removed first. Default: 64. */
  readonly maxLiveEvaluations?: number;
  /** The most bytes of a result that is loaded into the logic. Default: 64 MiB. */
  readonly valueLimit?: number;
  /** The most commands that the logic may issue without awaiting an event. Default: 500,000. */
  readonly commandLimit?: number;
  /**
   * Whether errors of the logic have stacks. Only for code that this process trusts, because code
   * can use a stack to escape from the context. Otherwise only the records of errors have them.
   * Default: false.
   */
  readonly stacks?: boolean;
  /** Enforces the time limit. Default: a guard for each piece of work, in this thread. */
  readonly watch?: Watch;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_LIVE_EVALUATIONS = 64;
const DEFAULT_VALUE_LIMIT_BYTES = 64 * 1024 * 1024;
const DEFAULT_COMMAND_LIMIT = 500_000;
const MAX_CACHED_SCRIPTS = 16;

interface LiveEvaluation {
  /** The id of the request that it answered last. */
  readonly request: string | undefined;
  readonly generation: number;
  readonly evaluation: Evaluation;
}

export const createEvaluator = (options: EvaluatorOptions): Evaluator =>
  new InProcessEvaluator(options);

class InProcessEvaluator implements Evaluator {
  readonly #loadCode: EvaluatorOptions['loadCode'];
  readonly #evaluationOptions: EvaluationOptions;
  readonly #contextOptions: Omit<ContextOptions, 'seed' | 'at'>;
  readonly #live: LruMap<RunId, LiveEvaluation>;
  readonly #scripts = new LruMap<string, Promise<vm.Script>>(MAX_CACHED_SCRIPTS);
  /** The last request of each run, until it is settled. */
  readonly #lastRequests = new Map<RunId, Promise<unknown>>();

  constructor({
    loadCode,
    fetchValue,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    maxLiveEvaluations = DEFAULT_MAX_LIVE_EVALUATIONS,
    valueLimit = DEFAULT_VALUE_LIMIT_BYTES,
    commandLimit = DEFAULT_COMMAND_LIMIT,
    stacks = false,
    watch = runGuarded,
  }: EvaluatorOptions) {
    this.#loadCode = loadCode;
    this.#evaluationOptions = { fetchValue, valueLimit, pieceMs: timeoutMs / 2 };
    this.#contextOptions = { stacks, frames: !stacks, timeoutMs, commandLimit, watch };
    this.#live = new LruMap(maxLiveEvaluations);
  }

  evaluate(request: EvaluationRequest): Promise<LogicAnswer> {
    const run = request.info.id;
    const previous = this.#lastRequests.get(run) ?? Promise.resolve();
    const answer = previous.then(() => this.#answer(request));
    const settled = answer.then(
      () => undefined,
      () => undefined,
    );
    this.#lastRequests.set(run, settled);
    void settled.then(() => {
      if (this.#lastRequests.get(run) === settled) this.#lastRequests.delete(run);
    });
    return answer;
  }

  drop(run: RunId): void {
    this.#live.delete(run);
  }

  async #answer(request: EvaluationRequest): Promise<LogicAnswer> {
    const { info, id, continues, generation, position, fromCommand, history, limit } = request;
    const cached = this.#live.get(info.id);
    this.#live.delete(info.id);
    const canContinue =
      cached?.request === continues &&
      cached?.generation === generation &&
      cached.evaluation.position <= position &&
      cached.evaluation.commandCount === fromCommand;
    try {
      const evaluation = canContinue ? cached.evaluation : await this.#replay(request);
      const page = await evaluation.advance(history.events(evaluation.position), position, limit);
      this.#live.set(info.id, { request: id, generation, evaluation });
      return { kind: 'page', ...page };
    } catch (error) {
      if (isLogicError(error)) return { kind: 'broken', error: toErrorRecord(error) };
      throw error;
    }
  }

  async #replay({ info, fromCommand, history }: EvaluationRequest): Promise<Evaluation> {
    const { seed, clockStart: at } = info;
    const script = await this.#scriptOf(info);
    const context = new LogicContext(script, { ...this.#contextOptions, seed, at });
    const evaluation = new Evaluation(context, this.#evaluationOptions);
    await evaluation.start(info, history.signatures(0), fromCommand);
    return evaluation;
  }

  #scriptOf(info: RunInfo): Promise<vm.Script> {
    const { logic } = info.code;
    const { hash } = logic;
    const cached = this.#scripts.get(hash);
    if (cached !== undefined) return cached;
    const script = this.#loadCode(info).then((text) =>
      compileLogic(verifiedCode(Buffer.from(text), logic)),
    );
    this.#scripts.set(hash, script);
    script.catch(() => this.#scripts.delete(hash));
    return script;
  }
}

const { EvaluatorThreadError: _, ...logicErrors } = errors;
const LOGIC_ERRORS: readonly (new (...args: never) => HeadraceError)[] = [
  ...Object.values(logicErrors),
  CodeMismatchError,
  NonStepAwaitError,
  OptionError,
  ObjectMissingError,
  ObjectTooLargeError,
];

/**
 * True if the logic is at fault, or an object that it needs is missing or wrong. Another evaluation would
 * fail in the same way.
 */
const isLogicError = (error: unknown): boolean =>
  LOGIC_ERRORS.some((errorClass) => error instanceof errorClass);
