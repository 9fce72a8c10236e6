/**
 * The queue of transitions inside one process.
 *
 * 1. Per run, one batch at a time is handled, in the order of sending; runs do not wait for each other.
 * 2. A batch for which the handler throws is delivered again, before anything later of its run, after a pause that grows; from the second failure on its
 *    transitions come one by one, so that one that always fails does not take the others with it.
 * 3. What fails too often goes to `onDead`, and the queue goes on behind it.
 * 4. Between two batches the event loop turns: a run with much to do does not keep messages of jobs and timers from coming in.
 * 5. `deliver` tells when a transition was handled: until then whoever sent it has it alone, because what waits here dies with the process.
 * 6. The queue holds nothing that keeps the process alive once it is idle.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Transition } from '../../model/transition.ts';
import type { Transitions } from '../../ports/transitions.ts';

export interface LocalQueueOptions {
  /** Handles a batch as a whole; it is delivered again if this throws. */
  handle(run: RunId, batch: readonly Transition[]): Promise<void>;
  /** Transitions of a batch at the most. Default: 100. */
  readonly batchSize?: number;
  /** Deliveries after which a transition is dead. Default: 10. */
  readonly attempts?: number;
  /** Milliseconds before the delivery that follows that many failures. Default: 20, doubled each time, up to 5 seconds. */
  pause?(failures: number): number;
  /** A delivery failed and will be tried again. */
  onError?(run: RunId, error: unknown, failures: number): void;
  /** These transitions are given up. */
  onDead?(run: RunId, error: unknown, batch: readonly Transition[]): void;
  /** Whether the run's transitions are handled here; default: all are. Those of other runs go to `elsewhere`. */
  owns?(run: RunId): boolean;
  elsewhere?(transitions: readonly Transition[]): void;
}

export interface LocalQueue extends Transitions {
  /** Sends the transitions and resolves when they were handled; to false if they will not be. What the run's handler itself waits for must not wait for this. */
  deliver(transitions: readonly Transition[]): Promise<boolean>;
  /** Resolves when nothing of the run (of any run) waits or is handled. */
  idle(run?: RunId): Promise<void>;
  /** Delivers nothing more; resolves when what is being handled is done. What still waits is dropped. */
  stop(): Promise<void>;
}

interface Sender {
  readonly from: number;
  readonly until: number;
  tell(handled: boolean): void;
}

/** What waits for one run. It exists only while something does. */
interface Lane {
  readonly run: RunId;
  waiting: Transition[];
  /** How many were taken from the front of `waiting`. */
  taken: number;
  /** Who is to be told of the transitions from the `from`-th up to the `until`-th (exclusive). */
  senders: Sender[];
  failures: number;
  /** The pause before the next delivery, if there is one. */
  pause: NodeJS.Timeout | undefined;
  readonly ended: Promise<void>;
  end(): void;
}

export const createLocalQueue = (options: LocalQueueOptions): LocalQueue => new Queue(options);

class Queue implements LocalQueue {
  readonly #options: LocalQueueOptions;
  readonly #batchSize: number;
  readonly #attempts: number;
  readonly #lanes = new Map<RunId, Lane>();
  readonly #handling = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
    this.#batchSize = options.batchSize ?? 100;
    this.#attempts = options.attempts ?? 10;
  }

  async send(transitions: readonly Transition[]): Promise<void> {
    this.#accept(transitions);
  }

  #accept(transitions: readonly Transition[]): void {
    if (this.#stopped) return;
    const foreign: Transition[] = [];
    for (const transition of transitions) {
      if (this.#isMine(transition.run)) this.#lane(transition.run).waiting.push(transition);
      else foreign.push(transition);
    }
    if (foreign.length > 0) this.#options.elsewhere?.(foreign);
  }

  async deliver(transitions: readonly Transition[]): Promise<boolean> {
    if (this.#stopped) return false;
    const handled = [...new Set(transitions.map(({ run }) => run))].map((run) => {
      const own = transitions.filter((transition) => transition.run === run);
      this.#accept(own);
      return this.#isMine(run) ? this.#handled(this.#lane(run), own.length) : true;
    });
    return (await Promise.all(handled)).every((each) => each);
  }

  /** Whether the last `count` transitions of the lane are handled. */
  #handled({ taken, waiting, senders }: Lane, count: number): Promise<boolean> {
    const until = taken + waiting.length;
    return new Promise((tell) => void senders.push({ from: until - count, until, tell }));
  }

  async idle(run?: RunId): Promise<void> {
    if (run !== undefined) return this.#lanes.get(run)?.ended;
    while (this.#lanes.size > 0)
      await Promise.all([...this.#lanes.values()].map((lane) => lane.ended));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const lane of this.#lanes.values()) {
      clearTimeout(lane.pause);
      lane.waiting = [];
      if (lane.pause !== undefined) this.#end(lane);
    }
    await Promise.all(this.#handling);
  }

  #isMine(run: RunId): boolean {
    return this.#options.owns?.(run) ?? true;
  }

  #lane(run: RunId): Lane {
    const there = this.#lanes.get(run);
    if (there !== undefined) return there;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const lane: Lane = {
      run,
      waiting: [],
      taken: 0,
      senders: [],
      failures: 0,
      pause: undefined,
      ended,
      end,
    };
    this.#lanes.set(run, lane);
    this.#next(lane);
    return lane;
  }

  /** Rule 4. */
  #next(lane: Lane): void {
    setImmediate(() => {
      if (lane.waiting.length === 0) {
        this.#end(lane);
        return;
      }
      const handling: Promise<void> = this.#deliver(lane).finally(() =>
        this.#handling.delete(handling),
      );
      this.#handling.add(handling);
    });
  }

  async #deliver(lane: Lane): Promise<void> {
    const batch = lane.waiting.slice(0, lane.failures > 1 ? 1 : this.#batchSize);
    try {
      await this.#options.handle(lane.run, batch);
    } catch (error) {
      this.#failed(lane, batch, error);
      return;
    }
    this.#done(lane, batch, true);
  }

  #done(lane: Lane, batch: readonly Transition[], handled: boolean): void {
    lane.failures = 0;
    lane.taken += batch.length;
    lane.waiting.splice(0, batch.length);
    const over = lane.senders.filter(
      ({ from, until }) => until <= lane.taken || (!handled && from < lane.taken),
    );
    if (over.length > 0) lane.senders = lane.senders.filter((sender) => !over.includes(sender));
    for (const { tell } of over) tell(handled);
    this.#next(lane);
  }

  #failed(lane: Lane, batch: readonly Transition[], error: unknown): void {
    lane.failures += 1;
    if (lane.failures >= this.#attempts) {
      this.#options.onDead?.(lane.run, error, batch);
      this.#done(lane, batch, false);
      return;
    }
    this.#options.onError?.(lane.run, error, lane.failures);
    if (this.#stopped) {
      this.#end(lane);
      return;
    }
    const pause =
      this.#options.pause?.(lane.failures) ?? Math.min(20 * 2 ** (lane.failures - 1), 5000);
    lane.pause = setTimeout(() => {
      lane.pause = undefined;
      this.#next(lane);
    }, pause);
  }

  #end(lane: Lane): void {
    if (this.#lanes.get(lane.run) === lane) this.#lanes.delete(lane.run);
    for (const { tell } of lane.senders.splice(0)) tell(false);
    lane.end();
  }
}
