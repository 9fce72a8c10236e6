/**
 * The queue of transitions inside one process.
 *
 * 1. Per run, one batch at a time is handled, in the order of sending; runs do not wait for each other.
 * 2. A batch for which the handler throws is delivered again, before anything later of its run, after a pause that grows; from the second failure on its
 *    transitions come one by one, so that one that always fails does not take the others with it.
 * 3. What fails too often goes to `onDead`, and the queue goes on behind it.
 * 4. Between two batches the event loop turns: a run with much to do does not keep messages of jobs and timers from coming in.
 * 5. The queue holds nothing that keeps the process alive once it is idle.
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
  /** Resolves when nothing of the run (of any run) waits or is handled. */
  idle(run?: RunId): Promise<void>;
  /** Delivers nothing more; resolves when what is being handled is done. What still waits is dropped. */
  stop(): Promise<void>;
}

/** What waits for one run. It exists only while something does. */
interface Lane {
  readonly run: RunId;
  waiting: Transition[];
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
    if (this.#stopped) return;
    const foreign: Transition[] = [];
    for (const transition of transitions) {
      if (this.#options.owns?.(transition.run) ?? true) this.#lane(transition.run).waiting.push(transition);
      else foreign.push(transition);
    }
    if (foreign.length > 0) this.#options.elsewhere?.(foreign);
  }

  async idle(run?: RunId): Promise<void> {
    if (run !== undefined) return this.#lanes.get(run)?.ended;
    while (this.#lanes.size > 0) await Promise.all([...this.#lanes.values()].map((lane) => lane.ended));
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

  #lane(run: RunId): Lane {
    const there = this.#lanes.get(run);
    if (there !== undefined) return there;
    let end = (): void => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const lane: Lane = { run, waiting: [], failures: 0, pause: undefined, ended, end };
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
      const handling: Promise<void> = this.#deliver(lane).finally(() => this.#handling.delete(handling));
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
    this.#done(lane, batch);
  }

  #done(lane: Lane, batch: readonly Transition[]): void {
    lane.failures = 0;
    lane.waiting.splice(0, batch.length);
    this.#next(lane);
  }

  #failed(lane: Lane, batch: readonly Transition[], error: unknown): void {
    lane.failures += 1;
    if (lane.failures >= this.#attempts) {
      this.#options.onDead?.(lane.run, error, batch);
      this.#done(lane, batch);
      return;
    }
    this.#options.onError?.(lane.run, error, lane.failures);
    if (this.#stopped) {
      this.#end(lane);
      return;
    }
    const pause = this.#options.pause?.(lane.failures) ?? Math.min(20 * 2 ** (lane.failures - 1), 5000);
    lane.pause = setTimeout(() => {
      lane.pause = undefined;
      this.#next(lane);
    }, pause);
  }

  #end(lane: Lane): void {
    if (this.#lanes.get(lane.run) === lane) this.#lanes.delete(lane.run);
    lane.end();
  }
}
