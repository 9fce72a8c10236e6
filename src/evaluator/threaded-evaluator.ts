/**
 * The evaluator in a separate thread, so that faults of the logic end the thread, not the process.
 *
 * 1. Logic that runs for too long or uses too much memory ends the thread. Its run receives the
 *    error; the other runs are replayed in the next thread. Memory counts typed arrays.
 * 2. The host polls for a quick answer if the last one was quick, and continues with other work if
 *    there is none.
 * 3. One evaluation runs at a time.
 *
 * @module
 */
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { toErrorRecord } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { EvaluationRequest, Evaluator, LogicAnswer } from '../ports/evaluator.ts';
import { ObjectMissingError, ObjectTooLargeError } from '../ports/objects.ts';
import { EvaluatorThreadError, LogicMemoryError, LogicTimeoutError } from './errors.ts';
import { DEFAULT_TIMEOUT_MS, type EvaluatorOptions } from './evaluator.ts';
import {
  ACTIVITY,
  HOST_SPIN_MS,
  type HostRequest,
  type PrefetchedEvents,
  type Reply,
  SLOTS,
  type ThreadData,
  TO_HOST,
  TO_THREAD,
  type ToHost,
  type ToThread,
} from './thread-protocol.ts';

export interface ThreadedEvaluatorOptions extends Omit<EvaluatorOptions, 'watch'> {
  /** The program of the thread. */
  readonly program: string | URL;
  /** The most MiB that the logic of all runs may use in total. Default: 2,048. */
  readonly memoryMiB?: number;
}

export interface ThreadedEvaluator extends Evaluator {
  /** Starts the thread before it is needed. */
  warm(): void;
  close(): Promise<void>;
}

const DEFAULT_MEMORY_MIB = 2048;
/** The most events that are sent with a request. The thread requests longer histories itself. */
const MAX_PREFETCHED_EVENTS = 1000;
const WATCH_INTERVAL_MS = 50;
/**
 * By how much the process may grow beyond the limit during one piece of the logic: other work of the
 * process, and garbage.
 */
const MEMORY_SLACK_MIB = 256;

type EvaluationOutcome =
  | { readonly kind: 'answer'; readonly answer: LogicAnswer }
  | { readonly kind: 'thrown'; readonly error: unknown };

export function createThreadedEvaluator(options: ThreadedEvaluatorOptions): ThreadedEvaluator {
  const { program, loadCode, fetchValue, memoryMiB = DEFAULT_MEMORY_MIB, ...settings } = options;
  const timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let thread: EvaluatorThread | undefined;
  let lastEvaluation: Promise<unknown> = Promise.resolve();

  const runningThread = (): EvaluatorThread => {
    if (thread === undefined || thread.isClosed)
      thread = new EvaluatorThread(program, settings, { timeoutMs, memoryMiB });
    return thread;
  };

  const replyTo = (request: EvaluationRequest) => async (hostRequest: HostRequest) => {
    switch (hostRequest.kind) {
      case 'events':
      case 'signatures':
        return await firstPageOf<Reply>(request.history[hostRequest.kind](hostRequest.from));
      case 'code':
        return await loadCode(request.info);
      case 'value':
        return await fetchValue(hostRequest.value);
    }
  };

  return {
    evaluate(request) {
      const answer = lastEvaluation.then(() => runningThread().evaluate(request, replyTo(request)));
      lastEvaluation = answer.catch(() => undefined);
      return answer;
    },
    drop: (run) => thread?.drop(run),
    warm: () => void runningThread(),
    // A closed thread may still be terminating, inside one long operation; it is not awaited.
    close: async () =>
      thread === undefined || thread.isClosed ? undefined : await thread.terminate(),
  };
}

async function firstPageOf<T extends Reply>(
  pages: AsyncIterable<T>,
): Promise<T | readonly never[]> {
  for await (const page of pages) return page;
  return [];
}

class EvaluatorThread {
  isClosed = false;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #slots = new Int32Array(new SharedArrayBuffer(SLOTS * Int32Array.BYTES_PER_ELEMENT));
  readonly #limits: { readonly timeoutMs: number; readonly memoryMiB: number };
  /** The runs that the thread has the info of, and the number of events that each has received. */
  readonly #sentPositions = new Map<RunId, number>();
  #receivedCount = 0;
  /** Whether the last answer came within the time of polling. */
  #answersAreQuick = true;
  #activity = { value: 0, since: 0 };
  #onMessage: ((message: ToHost) => void) | undefined;
  #onFailure: ((error: unknown) => void) | undefined;

  constructor(
    program: ThreadedEvaluatorOptions['program'],
    settings: ThreadData['settings'],
    limits: { readonly timeoutMs: number; readonly memoryMiB: number },
  ) {
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadData = {
      port: port2,
      sharedMemory: this.#slots.buffer,
      settings,
      memoryMiB: limits.memoryMiB,
    };
    this.#limits = limits;
    this.#port = port1;
    this.#worker = new Worker(program, {
      workerData,
      transferList: [port2],
      // Logic that escapes its context must not read the environment of the host.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMiB },
      // By default each thread adds listeners to the streams of the process: many engines in one
      // process would exceed the number of which Node.js warns.
      stdout: true,
      stderr: true,
    });
    this.#worker.unref();
    this.#worker.stdout.on('data', (chunk: Buffer) => process.stdout.write(chunk));
    this.#worker.stderr.on('data', (chunk: Buffer) => process.stderr.write(chunk));
    this.#worker.on('error', (error: unknown) =>
      this.#fail(isOutOfMemory(error) ? new LogicMemoryError(limits.memoryMiB) : error),
    );
    this.#worker.on('exit', () => this.#fail(new EvaluatorThreadError()));
    port1.on('message', (message: ToHost) => this.#receive(message));
    port1.unref();
  }

  async evaluate(
    request: EvaluationRequest,
    reply: (hostRequest: HostRequest) => Promise<Reply>,
  ): Promise<LogicAnswer> {
    const { info, history, ...rest } = request;
    const sentPosition = this.#sentPositions.get(info.id);
    const prefetched =
      sentPosition === undefined ? undefined : await prefetchEvents(request, sentPosition);
    this.#sentPositions.set(info.id, request.position);
    const outcome = await this.#request(
      {
        kind: 'evaluate',
        run: info.id,
        ...rest,
        ...(sentPosition === undefined ? { info } : {}),
        ...(prefetched === undefined ? {} : { prefetched }),
      },
      reply,
    );
    if (outcome.kind === 'answer') return outcome.answer;
    const { error } = outcome;
    if (
      error instanceof LogicTimeoutError ||
      error instanceof LogicMemoryError ||
      error instanceof ObjectMissingError ||
      error instanceof ObjectTooLargeError
    ) {
      return { kind: 'broken', error: toErrorRecord(error) };
    }
    throw error;
  }

  drop(run: RunId): void {
    if (this.#sentPositions.delete(run) && !this.isClosed) this.#post({ kind: 'drop', run });
  }

  async terminate(): Promise<void> {
    this.#fail(new EvaluatorThreadError('it was terminated'));
    this.#port.close();
    await this.#worker.terminate();
  }

  #request(
    request: ToThread,
    reply: (hostRequest: HostRequest) => Promise<Reply>,
  ): Promise<EvaluationOutcome> {
    return new Promise((resolve) => {
      let cause: unknown;
      let watchdog: NodeJS.Timeout | undefined;
      const pollUntil = performance.now() + HOST_SPIN_MS;
      const settle = (outcome: EvaluationOutcome) => {
        this.#answersAreQuick = performance.now() < pollUntil;
        clearInterval(watchdog);
        this.#onMessage = undefined;
        this.#onFailure = undefined;
        resolve(outcome);
      };
      this.#onFailure = (error) => settle({ kind: 'thrown', error });
      this.#onMessage = (message) => {
        switch (message.kind) {
          case 'answer':
            return settle({ kind: 'answer', answer: message.answer });
          case 'failed':
            return settle({
              kind: 'thrown',
              error:
                cause ??
                new EvaluatorThreadError(`${message.error.name}: ${message.error.message}`),
            });
          case 'request':
            return void reply(message.request).then(
              (value) => this.#post({ kind: 'reply', value }),
              (error: unknown) => {
                cause = error;
                this.#post({ kind: 'replyFailed' });
              },
            );
        }
      };
      this.#activity = { value: Atomics.load(this.#slots, ACTIVITY), since: performance.now() };
      this.#post(request);
      if (this.#answersAreQuick) this.#spinForReply(pollUntil);
      if (this.#onMessage !== undefined) {
        // Not measured before the first interval, because few pieces take as long.
        let residentBefore: number | undefined;
        watchdog = setInterval(() => {
          residentBefore ??= process.memoryUsage.rss();
          this.#checkTimeout();
          this.#checkMemory(residentBefore);
        }, WATCH_INTERVAL_MS);
      }
    });
  }

  #post(message: ToThread): void {
    this.#port.postMessage(message);
    Atomics.add(this.#slots, TO_THREAD, 1);
    Atomics.notify(this.#slots, TO_THREAD);
  }

  /** Waits for an answer for a short time, in which most arrive. */
  #spinForReply(until: number): void {
    while (Atomics.load(this.#slots, TO_HOST) === this.#receivedCount)
      if (performance.now() > until) return;
    const received: { readonly message: ToHost } | undefined = receiveMessageOnPort(this.#port);
    if (received !== undefined) this.#receive(received.message);
  }

  #receive(message: ToHost): void {
    this.#receivedCount += 1;
    this.#onMessage?.(message);
  }

  /** Ends the thread if a piece of the logic has run for too long. */
  #checkTimeout(): void {
    const value = Atomics.load(this.#slots, ACTIVITY);
    if (value !== this.#activity.value) this.#activity = { value, since: performance.now() };
    if (value % 2 === 0 || performance.now() - this.#activity.since < this.#limits.timeoutMs)
      return;
    this.#fail(new LogicTimeoutError(this.#limits.timeoutMs));
    void this.terminate();
  }

  /**
   * Ends the thread if it takes too much memory in one piece of the logic, which it can check only
   * after the piece (`thread-memory.ts`).
   */
  #checkMemory(residentBefore: number): void {
    const { memoryMiB } = this.#limits;
    const growth = process.memoryUsage.rss() - residentBefore;
    if (this.isClosed || growth < (memoryMiB + MEMORY_SLACK_MIB) * 2 ** 20) return;
    this.#fail(new LogicMemoryError(memoryMiB));
    void this.terminate();
  }

  #fail(error: unknown): void {
    this.isClosed = true;
    this.#onFailure?.(error);
  }
}

/** Returns the events that the thread has not received, if there are few enough. */
async function prefetchEvents(
  { history, position }: EvaluationRequest,
  sentPosition: number,
): Promise<PrefetchedEvents | undefined> {
  if (sentPosition >= position || position - sentPosition > MAX_PREFETCHED_EVENTS) return undefined;
  const events = await firstPageOf(history.events(sentPosition));
  return { from: sentPosition, events };
}

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
