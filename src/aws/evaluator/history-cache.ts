/**
 * The ends of histories that this process read or wrote last, so that an evaluation that restarts
 * does not read back what was just written.
 *
 * 1. The cache holds what the history of the run contains, without a gap, from some number on. It
 *    holds nothing of another generation, and nothing beyond what the run has.
 * 2. The total size for all runs is bounded. The run that was used least recently is dropped first.
 *
 * @module
 */
import type { HistoryEvent, SignedCommand } from '../../model/history.ts';
import type { RunId } from '../../model/ids.ts';
import type { EvaluationRequest } from '../../ports/evaluator.ts';

/** The events and signatures at the end of a history. */
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
  /** The answer to the request. The run must accept all of its commands; otherwise drop the run. */
  recordAnswer(request: EvaluationRequest, commands: readonly SignedCommand[]): void;
  /** Forgets the items that a snapshot holds: no request needs them again. */
  dropBelow(run: RunId, snapshot: { readonly events: number; readonly signatures: number }): void;
  drop(run: RunId): void;
}

const MAX_CACHED_RUNS = 64;
/** Of one run, measured as JSON. */
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

  /** Items from `from` up to `end` (exclusive): cached ones, then stored ones, which are cached. */
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
