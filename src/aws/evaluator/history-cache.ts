/**
 * The end of runs' histories as this process last saw it: so that an evaluation that begins anew reads nothing back of what was just written.
 *
 * 1. It holds what the run's own history said, from some number on without a gap. Of another generation, or beyond what the run has, it holds nothing.
 * 2. What is remembered of all runs together is bounded; the least recently asked about goes first.
 *
 * @module
 */
import type { HistoryEvent, SignedCommand } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { EvaluationRequest } from '../../ports/evaluator.ts';

/** Events and signatures, each from a number on. */
interface CachedHistory {
  readonly generation: number;
  readonly events: Tail<HistoryEvent>;
  readonly signatures: Tail<string>;
}

export interface HistoryCache {
  /** Events from number `from` on, up to the request's position. */
  events(request: EvaluationRequest, from: number): Promise<readonly HistoryEvent[]>;
  /** Signatures from number `from` on, up to the request's commands. */
  signatures(request: EvaluationRequest, from: number): Promise<readonly string[]>;
  /** The answer to the request: the run takes all of its commands, or what is known of it is dropped. */
  recordAnswer(request: EvaluationRequest, commands: readonly SignedCommand[]): void;
  /** Nothing below is asked for any more: a snapshot holds it. */
  dropBelow(run: RunId, snapshot: { readonly events: number; readonly signatures: number }): void;
  drop(run: RunId): void;
}

const MAX_CACHED_RUNS = 64;
/** Of one run; characters, about. */
const MAX_CACHED_CHARACTERS = 500_000;

export function createHistoryCache(): HistoryCache {
  const cached = new Map<RunId, CachedHistory>();

  function historyFor({
    info,
    generation,
    position,
    fromCommand,
  }: EvaluationRequest): CachedHistory {
    const found = cached.get(info.id);
    const isUsable =
      found !== undefined &&
      found.generation === generation &&
      found.events.end <= position &&
      found.signatures.end <= fromCommand;
    const history = isUsable
      ? found
      : { generation, events: new Tail<HistoryEvent>(), signatures: new Tail<string>() };
    cached.delete(info.id);
    for (const oldest of cached.keys()) {
      if (cached.size < MAX_CACHED_RUNS) break;
      cached.delete(oldest);
    }
    cached.set(info.id, history);
    return history;
  }

  return {
    events: (request, from) =>
      historyFor(request).events.read(from, request.position, request.history.events),
    signatures: (request, from) =>
      historyFor(request).signatures.read(from, request.fromCommand, request.history.signatures),
    recordAnswer(request, commands) {
      const { signatures } = historyFor(request);
      if (signatures.end === request.fromCommand)
        for (const { signature } of commands) signatures.add(signature);
    },
    dropBelow(run, { events, signatures }) {
      cached.get(run)?.events.dropBelow(events);
      cached.get(run)?.signatures.dropBelow(signatures);
    },
    drop(run) {
      cached.delete(run);
    },
  };
}

class Tail<T> {
  #first = 0;
  #items: T[] = [];
  #characters = 0;

  get end(): number {
    return this.#first + this.#items.length;
  }

  /** Items from `from` up to `end`: those at hand, and those behind them, which are remembered. */
  async read(
    from: number,
    end: number,
    stored: (from: number) => AsyncIterable<readonly T[]>,
  ): Promise<readonly T[]> {
    if (from < this.#first || from > this.end) this.#restart(from);
    if (this.end < end)
      for (const item of await collect(stored(this.end), end - this.end)) this.add(item);
    const items = this.#items.slice(from - this.#first, end - this.#first);
    if (this.#characters > MAX_CACHED_CHARACTERS) this.#restart(end);
    return items;
  }

  dropBelow(number: number): void {
    if (number <= this.#first || number > this.end) return;
    for (const item of this.#items.splice(0, number - this.#first))
      this.#characters -= sizeOf(item);
    this.#first = number;
  }

  add(item: T): void {
    this.#items.push(item);
    this.#characters += sizeOf(item);
  }

  #restart(first: number): void {
    this.#first = first;
    this.#items = [];
    this.#characters = 0;
  }
}

const sizeOf = (item: unknown): number => JSON.stringify(item).length;

async function collect<T>(
  pages: AsyncIterable<readonly T[]>,
  count: number,
): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const page of pages) {
    items.push(...page.slice(0, count - items.length));
    if (items.length >= count) break;
  }
  return items;
}
