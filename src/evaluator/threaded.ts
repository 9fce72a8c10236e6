/**
 * The evaluator in a thread of its own: what the logic does wrong ends the thread, not the process.
 *
 * 1. A piece of logic that runs for too long, or takes too much memory, ends the thread; that run gets the error, the others are replayed in the next thread.
 * 2. An answer that comes at once is taken at once. For any other the process is free meanwhile.
 * 3. One evaluation is under way at a time.
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
import { ObjectMissingError } from '../ports/objects.ts';
import { EvaluatorThreadError, LogicMemoryError, LogicTimeoutError } from './errors.ts';
import { DEFAULT_TIMEOUT_MS, type EvaluatorOptions } from './evaluator.ts';
import {
  type Ahead,
  BEAT,
  type Given,
  HOST_LOOKOUT,
  PLACES,
  type Question,
  type ThreadData,
  TO_HOST,
  TO_THREAD,
  type ToHost,
  type ToThread,
} from './thread-protocol.ts';

export interface ThreadedOptions extends Omit<EvaluatorOptions, 'watch'> {
  /** The program of the thread. */
  readonly program: string | URL;
  /** MiB that the logic of all runs may take together. Default: 2,048. */
  readonly memoryMiB?: number;
}

export interface ThreadedEvaluator extends Evaluator {
  /** Starts the thread before it is needed. */
  warm(): void;
  close(): Promise<void>;
}

const DEFAULT_MEMORY = 2048;
/** Events that are sent along: the thread asks for more of them itself. */
const AHEAD = 1000;
const WATCH_MILLISECONDS = 250;

type Outcome =
  | { readonly kind: 'answer'; readonly answer: LogicAnswer }
  | { readonly kind: 'thrown'; readonly error: unknown };

export function createThreadedEvaluator(options: ThreadedOptions): ThreadedEvaluator {
  const { program, loadCode, fetchValue, memoryMiB = DEFAULT_MEMORY, ...settings } = options;
  const timeoutMs = settings.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  let thread: Thread | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const running = (): Thread => {
    if (thread === undefined || thread.over)
      thread = new Thread(program, settings, { timeoutMs, memoryMiB });
    return thread;
  };

  const replies = (request: EvaluationRequest) => async (question: Question) => {
    switch (question.about) {
      case 'events':
      case 'signatures':
        return await firstOf<Given>(request.history[question.about](question.from));
      case 'code':
        return await loadCode(request.info);
      case 'value':
        return await fetchValue(question.value);
    }
  };

  return {
    evaluate(request) {
      const answer = last.then(() => running().evaluate(request, replies(request)));
      last = answer.catch(() => undefined);
      return answer;
    },
    drop: (run) => thread?.drop(run),
    warm: () => void running(),
    // A thread that could not be ended at once, since it is inside one long operation, is not waited for.
    close: async () => (thread === undefined || thread.over ? undefined : await thread.end()),
  };
}

async function firstOf<T extends Given>(pages: AsyncIterable<T>): Promise<T | readonly never[]> {
  for await (const page of pages) return page;
  return [];
}

class Thread {
  over = false;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #places = new Int32Array(new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT));
  readonly #limits: { readonly timeoutMs: number; readonly memoryMiB: number };
  /** Runs that the thread knows, and how far each was told. */
  readonly #told = new Map<RunId, number>();
  #seen = 0;
  #beat = { value: 0, since: 0 };
  #hear: ((message: ToHost) => void) | undefined;
  #failed: ((error: unknown) => void) | undefined;

  constructor(
    program: ThreadedOptions['program'],
    settings: ThreadData['settings'],
    limits: { readonly timeoutMs: number; readonly memoryMiB: number },
  ) {
    const { port1, port2 } = new MessageChannel();
    const workerData: ThreadData = { port: port2, shared: this.#places.buffer, settings };
    this.#limits = limits;
    this.#port = port1;
    this.#worker = new Worker(program, {
      workerData,
      transferList: [port2],
      // The logic is not to read the host's environment, were it to leave its context.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.memoryMiB },
    });
    this.#worker.unref();
    this.#worker.on('error', (error: unknown) =>
      this.#fail(isOutOfMemory(error) ? new LogicMemoryError(limits.memoryMiB) : error),
    );
    this.#worker.on('exit', () => this.#fail(new EvaluatorThreadError()));
    port1.on('message', (message: ToHost) => this.#receive(message));
    port1.unref();
  }

  async evaluate(
    request: EvaluationRequest,
    reply: (question: Question) => Promise<Given>,
  ): Promise<LogicAnswer> {
    const { info, history, ...rest } = request;
    const told = this.#told.get(info.id);
    const ahead = told === undefined ? undefined : await aheadOf(request, told);
    this.#told.set(info.id, request.position);
    const outcome = await this.#ask(
      {
        kind: 'evaluate',
        run: info.id,
        ...rest,
        ...(told === undefined ? { info } : {}),
        ...(ahead === undefined ? {} : { ahead }),
      },
      reply,
    );
    if (outcome.kind === 'answer') return outcome.answer;
    const { error } = outcome;
    if (
      error instanceof LogicTimeoutError ||
      error instanceof LogicMemoryError ||
      error instanceof ObjectMissingError
    ) {
      return { kind: 'broken', error: toErrorRecord(error) };
    }
    throw error;
  }

  drop(run: RunId): void {
    if (this.#told.delete(run) && !this.over) this.#say({ kind: 'drop', run });
  }

  async end(): Promise<void> {
    this.#fail(new EvaluatorThreadError('it was ended'));
    this.#port.close();
    await this.#worker.terminate();
  }

  #ask(request: ToThread, reply: (question: Question) => Promise<Given>): Promise<Outcome> {
    return new Promise((resolve) => {
      let cause: unknown;
      let watch: NodeJS.Timeout | undefined;
      const settle = (outcome: Outcome) => {
        clearInterval(watch);
        this.#hear = undefined;
        this.#failed = undefined;
        resolve(outcome);
      };
      this.#failed = (error) => settle({ kind: 'thrown', error });
      this.#hear = (message) => {
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
          case 'ask':
            return void reply(message.question).then(
              (value) => this.#say({ kind: 'given', value }),
              (error: unknown) => {
                cause = error;
                this.#say({ kind: 'refused' });
              },
            );
        }
      };
      this.#beat = { value: Atomics.load(this.#places, BEAT), since: performance.now() };
      this.#say(request);
      this.#lookOut();
      if (this.#hear !== undefined) watch = setInterval(() => this.#watch(), WATCH_MILLISECONDS);
    });
  }

  #say(message: ToThread): void {
    this.#port.postMessage(message);
    Atomics.add(this.#places, TO_THREAD, 1);
    Atomics.notify(this.#places, TO_THREAD);
  }

  /** Most answers are there before other work could be turned to. */
  #lookOut(): void {
    const until = performance.now() + HOST_LOOKOUT;
    while (Atomics.load(this.#places, TO_HOST) === this.#seen)
      if (performance.now() > until) return;
    const received: { readonly message: ToHost } | undefined = receiveMessageOnPort(this.#port);
    if (received !== undefined) this.#receive(received.message);
  }

  #receive(message: ToHost): void {
    this.#seen += 1;
    this.#hear?.(message);
  }

  /** A piece of logic that runs on is ended with the thread. */
  #watch(): void {
    const value = Atomics.load(this.#places, BEAT);
    if (value !== this.#beat.value) this.#beat = { value, since: performance.now() };
    if (value % 2 === 0 || performance.now() - this.#beat.since < this.#limits.timeoutMs) return;
    this.#fail(new LogicTimeoutError(this.#limits.timeoutMs));
    void this.end();
  }

  #fail(error: unknown): void {
    this.over = true;
    this.#failed?.(error);
  }
}

/** The events that the thread was not told of yet, if they are few. */
async function aheadOf(
  { history, position }: EvaluationRequest,
  told: number,
): Promise<Ahead | undefined> {
  if (told >= position || position - told > AHEAD) return undefined;
  const events = await firstOf(history.events(told));
  return { from: told, events };
}

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
