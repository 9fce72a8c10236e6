/**
 * The evaluator: replays a pipeline's logic in this process.
 *
 * 1. A live evaluation that stands where it is asked about goes on; in any other case a fresh one is fed the history from its beginning.
 * 2. One run is evaluated by one call at a time.
 * 3. After an error nothing of the run is kept in memory.
 *
 * @module
 */
import type vm from 'node:vm';
import { type HeadraceError, toErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { RunInfo } from '../model/run.ts';
import type { StoredValue } from '../model/value.ts';
import type { EvaluationRequest, Evaluator, LogicAnswer } from '../ports/evaluator.ts';
import { ObjectMissingError } from '../ports/objects.ts';
import { OptionError } from '../sdk/errors.ts';
import { compileLogic } from './compile-logic.ts';
import * as errors from './errors.ts';
import { Evaluation } from './evaluation.ts';
import { runGuarded, type Watch } from './guard.ts';
import { LogicContext } from './logic-context.ts';
import { LruMap } from './lru-map.ts';

export interface EvaluatorOptions {
  /** The text of the logic's bundle. */
  readonly loadCode: (info: RunInfo) => Promise<string>;
  /** The bytes of a result that the logic awaits. */
  readonly fetchValue: (value: StoredValue) => Promise<Uint8Array>;
  /** How long the logic may run without waiting for a step. Infinity: for ever, for code that is known to wait. Default: 10,000. */
  readonly timeoutMs?: number;
  /** Evaluations kept in memory; the least recently asked about goes first. Default: 64. */
  readonly maxLiveEvaluations?: number;
  /** Bytes of the largest result that comes into the logic. Default: 64 MiB. */
  readonly valueLimit?: number;
  /** Commands that the logic may issue at once, without waiting for an event. Default: 500,000. */
  readonly commandLimit?: number;
  /**
   * Errors of the logic have stacks. Only for code that this process trusts: a stack can be turned into a way out of the context. Default: false.
   */
  readonly stacks?: boolean;
  /** Who ends work that runs on. Default: a watch of its own for each piece of work, in this thread. */
  readonly watch?: Watch;
}

export const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_LIVE_EVALUATIONS = 64;
const DEFAULT_VALUE_LIMIT_BYTES = 64 * 1024 * 1024;
const DEFAULT_COMMAND_LIMIT = 500_000;
const MAX_CACHED_SCRIPTS = 16;

interface LiveEvaluation {
  readonly generation: number;
  readonly evaluation: Evaluation;
}

export function createEvaluator({
  loadCode,
  fetchValue,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  maxLiveEvaluations = DEFAULT_MAX_LIVE_EVALUATIONS,
  valueLimit = DEFAULT_VALUE_LIMIT_BYTES,
  commandLimit = DEFAULT_COMMAND_LIMIT,
  stacks = false,
  watch = runGuarded,
}: EvaluatorOptions): Evaluator {
  const live = new LruMap<RunId, LiveEvaluation>(maxLiveEvaluations);
  const scripts = new LruMap<string, Promise<vm.Script>>(MAX_CACHED_SCRIPTS);
  const lastEvaluations = new Map<RunId, Promise<unknown>>();

  const scriptOf = (info: RunInfo): Promise<vm.Script> => {
    const { hash } = info.code.logic;
    const cached = scripts.get(hash);
    if (cached !== undefined) return cached;
    const script = loadCode(info).then(compileLogic);
    scripts.set(hash, script);
    script.catch(() => scripts.delete(hash));
    return script;
  };

  const replay = async ({ info, fromCommand, history }: EvaluationRequest): Promise<Evaluation> => {
    const context = new LogicContext(await scriptOf(info), {
      seed: info.seed,
      at: info.clockStart,
      stacks,
      timeoutMs,
      commandLimit,
      watch,
    });
    const evaluation = new Evaluation(context, { fetchValue, valueLimit, pieceMs: timeoutMs / 2 });
    await evaluation.start(info, history.signatures(0), fromCommand);
    return evaluation;
  };

  const answerRequest = async (request: EvaluationRequest): Promise<LogicAnswer> => {
    const { info, generation, position, fromCommand, history, limit } = request;
    const cached = live.get(info.id);
    live.delete(info.id);
    const canContinue =
      cached?.generation === generation &&
      cached.evaluation.position <= position &&
      cached.evaluation.commandCount === fromCommand;
    try {
      const evaluation = canContinue ? cached.evaluation : await replay(request);
      const page = await evaluation.advance(history.events(evaluation.position), position, limit);
      live.set(info.id, { generation, evaluation });
      return { kind: 'page', ...page };
    } catch (error) {
      if (isLogicError(error)) return { kind: 'broken', error: toErrorRecord(error) };
      throw error;
    }
  };

  return {
    evaluate(request) {
      const run = request.info.id;
      const answer = (lastEvaluations.get(run) ?? Promise.resolve()).then(() =>
        answerRequest(request),
      );
      const settled = answer.then(
        () => undefined,
        () => undefined,
      );
      lastEvaluations.set(run, settled);
      void settled.then(() => {
        if (lastEvaluations.get(run) === settled) lastEvaluations.delete(run);
      });
      return answer;
    },
    drop(run) {
      live.delete(run);
    },
  };
}

const { EvaluatorThreadError: _, ...logicErrors } = errors;
const LOGIC_ERRORS: readonly (new (...args: never) => HeadraceError)[] = [
  ...Object.values(logicErrors),
  OptionError,
  ObjectMissingError,
];

/** The logic itself is at fault, or what it needs is gone for good: to ask again would end the same. */
const isLogicError = (error: unknown): boolean =>
  LOGIC_ERRORS.some((errorClass) => error instanceof errorClass);
