/**
 * What the logic had asked for by a point of its history: found by replaying it up to there.
 *
 * @module
 */
import type { HistoryEvent } from '../model/history.ts';
import type { ComponentDeclaration } from '../model/options.ts';
import type { Run } from '../model/run.ts';
import type { Arguments, InlineValue } from '../model/value.ts';
import type { ControllerPorts } from './context.ts';

const PAGE = 1000;

export interface Replayed {
  readonly commands: number;
  /** The logic has more to say at this point, which was never accepted. */
  readonly hasMore: boolean;
  readonly signatures: readonly string[];
  readonly calls: number;
  /** The arguments of each call, as the logic gave them. */
  readonly args: readonly Arguments[];
  readonly awaited: ReadonlySet<number>;
  readonly declarations: ReadonlyMap<string, ComponentDeclaration>;
  readonly callsOf: ReadonlyMap<string, number>;
  /** Milliseconds of each sleep, in order. */
  readonly sleeps: readonly number[];
  readonly tags: readonly string[];
  readonly logic: 'running' | 'returned' | 'threw';
  readonly result: InlineValue | null;
}

/** Replays the logic of `run` up to event `position` (exclusive), as far as its commands were accepted. */
export async function replayTo(ports: ControllerPorts, run: Run, position: number): Promise<Replayed> {
  const { evaluator, tasks } = ports;
  const { id } = run.info;
  const signatures: string[] = [];
  const awaited = new Set<number>();
  const declarations = new Map<string, ComponentDeclaration>();
  const callsOf = new Map<string, number>();
  const sleeps: number[] = [];
  const tags: string[] = [];
  const args: Arguments[] = [];
  let logic: Replayed['logic'] = 'running';
  let result: InlineValue | null = null;
  const history = {
    events: pages<HistoryEvent>((from, limit) => tasks.events(id, from, Math.min(limit, Math.max(0, position - from)))),
    async *signatures(from: number) {
      yield signatures.slice(from);
    },
  };
  evaluator.drop(id);
  let hasMore = false;
  for (let more = true; more; ) {
    const answer = await evaluator.evaluate({
      info: run.info,
      generation: run.head.generation,
      position,
      fromCommand: signatures.length,
      history,
      limit: PAGE,
    });
    if (answer.kind !== 'page') break;
    const accepted = answer.commands.slice(0, run.head.commandCount - signatures.length);
    hasMore = accepted.length < answer.commands.length;
    for (const { command, signature } of accepted) {
      signatures.push(signature);
      if (command.kind === 'declare') declarations.set(command.component.name, command.component);
      else if (command.kind === 'call') {
        if (command.awaited) awaited.add(args.length);
        callsOf.set(command.component, (callsOf.get(command.component) ?? 0) + 1);
        args.push(command.args);
      } else if (command.kind === 'await') awaited.add(command.call);
      else if (command.kind === 'sleep') sleeps.push(command.durationMs);
      else if (command.kind === 'addTags') tags.push(...command.tags);
      else if (command.kind === 'returned') [logic, result] = ['returned', command.value];
      else if (command.kind === 'threw') logic = 'threw';
    }
    more = answer.more && !hasMore;
  }
  evaluator.drop(id);
  return { commands: signatures.length, hasMore, signatures, calls: args.length, args, awaited, declarations, callsOf, sleeps, tags, logic, result };
}

function pages<T>(read: (from: number, limit: number) => Promise<readonly T[]>) {
  return async function* (from: number): AsyncGenerator<readonly T[]> {
    for (let at = from; ; ) {
      const page = await read(at, PAGE);
      if (page.length === 0) return;
      yield page;
      at += page.length;
    }
  };
}

/** All of a paged list. */
export async function all<T>(read: (from: number, limit: number) => Promise<readonly T[]>): Promise<T[]> {
  const list: T[] = [];
  for await (const page of pages(read)(0)) list.push(...page);
  return list;
}
