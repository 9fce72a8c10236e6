/**
 * The queue of transitions inside one process.
 *
 * 1. For each run, one batch at a time is handled, in the order of sending. Runs do not wait for
 *    each other.
 * 2. If the handler throws, the batch is delivered again after a growing delay, before later
 *    transitions of its run. After the second failure, its transitions are delivered one by one, so
 *    that a transition that always fails does not block the others.
 * 3. A transition that fails too many times is passed to `onPermanentFailure`, and the queue
 *    continues with the next one.
 * 4. The event loop turns between two batches, so that a busy run does not block messages of jobs
 *    and timers.
 * 5. Queued transitions are lost when the process ends. `deliver` resolves when they were handled;
 *    until then, the sender must keep them.
 * 6. An idle queue does not keep the process alive.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { Transition } from '../model/transition.ts';
import type { Transitions } from '../ports/transitions.ts';

export interface LocalQueueOptions {
  /** Handles a batch. If it throws, the whole batch is delivered again. */
  handle(run: RunId, batch: readonly Transition[]): Promise<void>;
  /** The most transitions of a batch. Default: 100. */
  readonly batchSize?: number;
  /** The number of failed deliveries after which a transition is given up. Default: 10. */
  readonly maxAttempts?: number;
  /**
   * Milliseconds before the next delivery, after a number of failures. Default: 20, doubled each
   * time, up to 5 seconds.
   */
  retryDelayMs?(failures: number): number;
  /** Called when a delivery failed and will be repeated. */
  onError?(run: RunId, error: unknown, failures: number): void;
  /** Called when transitions are given up. */
  onPermanentFailure?(run: RunId, error: unknown, batch: readonly Transition[]): void;
  /**
   * Whether this queue handles the transitions of the run. Default: always. Others are passed to
   * `forward`.
   */
  owns?(run: RunId): boolean;
  forward?(transitions: readonly Transition[]): void;
}

export interface LocalQueue extends Transitions {
  /**
   * Sends the transitions. Resolves to true when they were handled, to false if they never will be.
   * The handler of the run must not wait for it.
   */
  deliver(transitions: readonly Transition[]): Promise<boolean>;
  /** Resolves when no transition of the run (without it, of any run) is queued or being handled. */
  idle(run?: RunId): Promise<void>;
  /**
   * Stops deliveries and drops queued transitions. Resolves when the batches in progress are
   * handled.
   */
  stop(): Promise<void>;
}

/**
 * A caller of `deliver` that waits for the transitions from number `from` up to `until`
 * (exclusive).
 */
interface DeliveryWaiter {
  readonly from: number;
  readonly until: number;
  resolve(handled: boolean): void;
}

/** The queue of one run. It exists only while transitions are queued or being handled. */
interface RunQueue {
  readonly run: RunId;
  pending: Transition[];
  /** The number of transitions that were removed from the front of `pending`. */
  handledCount: number;
  waiters: DeliveryWaiter[];
  failures: number;
  /** The timer of the next delivery after a failure. */
  retryTimer: NodeJS.Timeout | undefined;
  readonly idle: Promise<void>;
  resolveIdle(): void;
}

const DEFAULT_BATCH_SIZE = 100;
const DEFAULT_MAX_ATTEMPTS = 10;
const MIN_RETRY_DELAY_MS = 20;
const MAX_RETRY_DELAY_MS = 5000;

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
    this.#batchSize = options.batchSize ?? DEFAULT_BATCH_SIZE;
    this.#maxAttempts = options.maxAttempts ?? DEFAULT_MAX_ATTEMPTS;
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

  /**
   * Resolves when the last `count` transitions of the run are handled: true if none was given up.
   */
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
      Math.min(MIN_RETRY_DELAY_MS * 2 ** (runQueue.failures - 1), MAX_RETRY_DELAY_MS);
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
