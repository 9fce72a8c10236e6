/**
 * Replays the logic up to a position of its history, and collects the commands that it had issued.
 *
 * @module
 */
import { type ErrorRecord, HeadraceError, toErrorRecord } from '../../model/errors.ts';
import type { CommandOf } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import type { Run } from '../../model/run.ts';
import type { Arguments, InlineValue } from '../../model/value.ts';
import { EvaluatorCrashedError } from '../../ports/evaluator.ts';
import { itemPages } from '../../ports/pages.ts';
import type { ControllerPorts } from '../context.ts';

const PAGE_SIZE = 1000;

export interface LogicReplay {
  readonly commandCount: number;
  /** The logic has issued further commands by this position, which were never accepted. */
  readonly hasMore: boolean;
  readonly signatures: readonly string[];
  readonly callCount: number;
  /** The arguments of each call, as the logic passed them. */
  readonly callArguments: readonly Arguments[];
  readonly awaitedCalls: ReadonlySet<number>;
  readonly declarations: ReadonlyMap<string, ComponentDeclaration>;
  readonly callCounts: ReadonlyMap<string, number>;
  /** Milliseconds of each sleep, in order. */
  readonly sleepDurationsMs: readonly number[];
  /** Calls that the logic had cancelled. */
  readonly cancelledCalls: ReadonlySet<number>;
  readonly signalWaits: readonly CommandOf<'waitForSignal'>[];
  readonly tags: readonly string[];
  readonly logicState: 'running' | 'returned' | 'threw';
  readonly result: InlineValue | null;
  /** What the logic reported and uploaded, with the numbers of the commands. */
  readonly outputs: readonly {
    readonly number: number;
    readonly command: CommandOf<'point' | 'artifact' | 'log'>;
  }[];
}

/**
 * The logic of a run cannot be replayed, for example because its code was damaged. Without its
 * commands a run cannot be restarted, and its records stay as they are.
 */
export class LogicReplayError extends HeadraceError {
  constructor(
    readonly run: RunId,
    { name, message }: ErrorRecord,
  ) {
    super(
      `the logic of run ${run} cannot be replayed, so nothing was restarted: ${name}: ${message}`,
    );
  }
}

/**
 * Replays the logic of `run` up to event `position` (exclusive), and returns its accepted commands.
 *
 * @throws LogicReplayError
 */
export async function replayLogicTo(
  ports: ControllerPorts,
  run: Run,
  position: number,
): Promise<LogicReplay> {
  const { evaluator, tasks } = ports;
  const { id } = run.info;
  const signatures: string[] = [];
  const awaitedCalls = new Set<number>();
  const declarations = new Map<string, ComponentDeclaration>();
  const callCounts = new Map<string, number>();
  const sleepDurationsMs: number[] = [];
  const cancelledCalls = new Set<number>();
  const signalWaits: CommandOf<'waitForSignal'>[] = [];
  const tags: string[] = [];
  const callArguments: Arguments[] = [];
  const outputs: LogicReplay['outputs'][number][] = [];
  let logicState: LogicReplay['logicState'] = 'running';
  let result: InlineValue | null = null;
  const history = {
    events: (from: number) =>
      itemPages((at, limit) => tasks.events(id, at, limit), { from, end: position }),
    async *signatures(from: number) {
      yield signatures.slice(from);
    },
  };
  evaluator.drop(id);
  let hasMore = false;
  let crash: LogicReplayError | undefined;
  for (let more = true; more; ) {
    const request = {
      info: run.info,
      generation: run.head.generation,
      position,
      fromCommand: signatures.length,
      history,
      limit: PAGE_SIZE,
    };
    const answer = await evaluator.evaluate(request).catch((error: unknown) => {
      throw crash ?? error;
    });
    if (answer.kind === 'crashed') {
      if (crash !== undefined) throw crash;
      crash = new LogicReplayError(id, toErrorRecord(new EvaluatorCrashedError(answer.reason)));
      continue;
    }
    if (answer.kind === 'broken') throw new LogicReplayError(id, answer.error);
    if (answer.kind !== 'page')
      throw new Error(`a replay names no external evaluator, but its answer is ${answer.kind}`);
    const accepted = answer.commands.slice(0, run.head.commandCount - signatures.length);
    hasMore = accepted.length < answer.commands.length;
    for (const { command, signature } of accepted) {
      signatures.push(signature);
      if (command.kind === 'declare') declarations.set(command.component.name, command.component);
      else if (command.kind === 'call') {
        if (command.awaited) awaitedCalls.add(callArguments.length);
        callCounts.set(command.component, (callCounts.get(command.component) ?? 0) + 1);
        callArguments.push(command.args);
      } else if (command.kind === 'await') awaitedCalls.add(command.call);
      else if (command.kind === 'sleep') sleepDurationsMs.push(command.durationMs);
      else if (command.kind === 'cancel') cancelledCalls.add(command.call);
      else if (command.kind === 'waitForSignal') signalWaits.push(command);
      else if (command.kind === 'addTags') tags.push(...command.tags);
      else if (command.kind === 'returned') [logicState, result] = ['returned', command.value];
      else if (command.kind === 'threw') logicState = 'threw';
      else if (command.kind === 'point' || command.kind === 'artifact' || command.kind === 'log')
        outputs.push({ number: signatures.length, command });
    }
    more = answer.more && !hasMore;
  }
  evaluator.drop(id);
  return {
    commandCount: signatures.length,
    hasMore,
    signatures,
    callCount: callArguments.length,
    callArguments,
    awaitedCalls,
    declarations,
    callCounts,
    sleepDurationsMs,
    cancelledCalls,
    signalWaits,
    tags,
    logicState,
    result,
    outputs,
  };
}
