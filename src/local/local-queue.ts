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
import type { RunId } from '../model/ids.ts';
import type { Transition } from '../model/transition.ts';
import type { Transitions } from '../ports/transitions.ts';

export interface LocalQueueOptions {
  /** Handles a batch as a whole; it is delivered again if this throws. */
  handle(run: RunId, batch: readonly Transition[]): Promise<void>;
  /** Transitions of a batch at the most. Default: 100. */
  readonly batchSize?: number;
  /** Deliveries after which a transition is dead. Default: 10. */
  readonly maxAttempts?: number;
  /** Milliseconds before the delivery that follows that many failures. Default: 20, doubled each time, up to 5 seconds. */
  retryDelayMs?(failures: number): number;
  /** A delivery failed and will be tried again. */
  onError?(run: RunId, error: unknown, failures: number): void;
  /** These transitions are given up. */
  onPermanentFailure?(run: RunId, error: unknown, batch: readonly Transition[]): void;
  /** Whether the run's transitions are handled here; default: all are. Those of other runs go to `elsewhere`. */
  owns?(run: RunId): boolean;
  forward?(transitions: readonly Transition[]): void;
}

export interface LocalQueue extends Transitions {
  /** Sends the transitions and resolves when they were handled; to false if they will not be. What the run's handler itself waits for must not wait for this. */
  deliver(transitions: readonly Transition[]): Promise<boolean>;
  /** Resolves when nothing of the run (of any run) waits or is handled. */
  idle(run?: RunId): Promise<void>;
  /** Delivers nothing more; resolves when what is being handled is done. What still waits is dropped. */
  stop(): Promise<void>;
}

interface DeliveryWaiter {
  readonly from: number;
  readonly until: number;
  resolve(handled: boolean): void;
}

/** What waits for one run. It exists only while something does. */
interface RunQueue {
  readonly run: RunId;
  pending: Transition[];
  /** How many were taken from the front of `waiting`. */
  handledCount: number;
  /** Who is to be told of the transitions from the `from`-th up to the `until`-th (exclusive). */
  waiters: DeliveryWaiter[];
  failures: number;
  /** The pause before the next delivery, if there is one. */
  retryTimer: NodeJS.Timeout | undefined;
  readonly idle: Promise<void>;
  resolveIdle(): void;
}

export const createLocalQueue = (options: LocalQueueOptions): LocalQueue =>
  new InProcessQueue(options);

class InProcessQueue implements LocalQueue {
  readonly #options: LocalQueueOptions;
  readonly #batchSize: number;
  readonly #maxAttempts: number;
  readonly #runQueues = new Map<RunId, RunQueue>();
  readonly #handling = new Set<Promise<void>>();
  #stopped = false;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
    this.#batchSize = options.batchSize ?? 100;
    this.#maxAttempts = options.maxAttempts ?? 10;
  }

  async send(transitions: readonly Transition[]): Promise<void> {
    this.#enqueue(transitions);
  }

  #enqueue(transitions: readonly Transition[]): void {
    if (this.#stopped) return;
    const notOwned: Transition[] = [];
    for (const transition of transitions) {
      if (this.#isOwned(transition.run)) this.#runQueueOf(transition.run).pending.push(transition);
      else notOwned.push(transition);
    }
    if (notOwned.length > 0) this.#options.forward?.(notOwned);
  }

  async deliver(transitions: readonly Transition[]): Promise<boolean> {
    if (this.#stopped) return false;
    const handled = [...new Set(transitions.map(({ run }) => run))].map((run) => {
      const own = transitions.filter((transition) => transition.run === run);
      this.#enqueue(own);
      return this.#isOwned(run) ? this.#whenHandled(this.#runQueueOf(run), own.length) : true;
    });
    return (await Promise.all(handled)).every((each) => each);
  }

  /** Whether the last `count` transitions of the lane are handled. */
  #whenHandled({ handledCount, pending, waiters }: RunQueue, count: number): Promise<boolean> {
    const until = handledCount + pending.length;
    return new Promise((resolve) => void waiters.push({ from: until - count, until, resolve }));
  }

  async idle(run?: RunId): Promise<void> {
    if (run !== undefined) return this.#runQueues.get(run)?.idle;
    while (this.#runQueues.size > 0)
      await Promise.all([...this.#runQueues.values()].map((runQueue) => runQueue.idle));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const runQueue of this.#runQueues.values()) {
      clearTimeout(runQueue.retryTimer);
      runQueue.pending = [];
      if (runQueue.retryTimer !== undefined) this.#close(runQueue);
    }
    await Promise.all(this.#handling);
  }

  #isOwned(run: RunId): boolean {
    return this.#options.owns?.(run) ?? true;
  }

  #runQueueOf(run: RunId): RunQueue {
    const existing = this.#runQueues.get(run);
    if (existing !== undefined) return existing;
    let resolveIdle = (): void => undefined;
    const idle = new Promise<void>((resolve) => {
      resolveIdle = resolve;
    });
    const runQueue: RunQueue = {
      run,
      pending: [],
      handledCount: 0,
      waiters: [],
      failures: 0,
      retryTimer: undefined,
      idle,
      resolveIdle,
    };
    this.#runQueues.set(run, runQueue);
    this.#scheduleNext(runQueue);
    return runQueue;
  }

  /** Rule 4. */
  #scheduleNext(runQueue: RunQueue): void {
    setImmediate(() => {
      if (runQueue.pending.length === 0) {
        this.#close(runQueue);
        return;
      }
      const handling: Promise<void> = this.#handleNext(runQueue).finally(() =>
        this.#handling.delete(handling),
      );
      this.#handling.add(handling);
    });
  }

  async #handleNext(runQueue: RunQueue): Promise<void> {
    const batch = runQueue.pending.slice(0, runQueue.failures > 1 ? 1 : this.#batchSize);
    try {
      await this.#options.handle(runQueue.run, batch);
    } catch (error) {
      this.#onFailure(runQueue, batch, error);
      return;
    }
    this.#finishBatch(runQueue, batch, true);
  }

  #finishBatch(runQueue: RunQueue, batch: readonly Transition[], handled: boolean): void {
    runQueue.failures = 0;
    runQueue.handledCount += batch.length;
    runQueue.pending.splice(0, batch.length);
    const settled = runQueue.waiters.filter(
      ({ from, until }) =>
        until <= runQueue.handledCount || (!handled && from < runQueue.handledCount),
    );
    if (settled.length > 0)
      runQueue.waiters = runQueue.waiters.filter((waiter) => !settled.includes(waiter));
    for (const { resolve } of settled) resolve(handled);
    this.#scheduleNext(runQueue);
  }

  #onFailure(runQueue: RunQueue, batch: readonly Transition[], error: unknown): void {
    runQueue.failures += 1;
    if (runQueue.failures >= this.#maxAttempts) {
      this.#options.onPermanentFailure?.(runQueue.run, error, batch);
      this.#finishBatch(runQueue, batch, false);
      return;
    }
    this.#options.onError?.(runQueue.run, error, runQueue.failures);
    if (this.#stopped) {
      this.#close(runQueue);
      return;
    }
    const delayMs =
      this.#options.retryDelayMs?.(runQueue.failures) ??
      Math.min(20 * 2 ** (runQueue.failures - 1), 5000);
    runQueue.retryTimer = setTimeout(() => {
      runQueue.retryTimer = undefined;
      this.#scheduleNext(runQueue);
    }, delayMs);
  }

  #close(runQueue: RunQueue): void {
    if (this.#runQueues.get(runQueue.run) === runQueue) this.#runQueues.delete(runQueue.run);
    for (const { resolve } of runQueue.waiters.splice(0)) resolve(false);
    runQueue.resolveIdle();
  }
}
