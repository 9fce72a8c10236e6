/**
 * The end of an attempt before its function settles: at its time limit, or when the run stops.
 *
 * Code of this process cannot be ended. It continues in the background, without effect on the run.
 * Time limits have no effect while a debugger is attached: a breakpoint would exceed them.
 *
 * @module
 */
import { url as debuggerUrl } from 'node:inspector';
import { MAX_TIMER_MS } from '../duration.ts';
import { StepStoppedError, StepTimeoutError } from '../stop-errors.ts';

/** For a step that watches its signal. The same as in local mode. */
const STOP_GRACE_MS = 4000;

export const isDebugged = (): boolean => debuggerUrl() !== undefined;

/** Calls `exceed` at the limit, if there is one. The returned function cancels it. */
export function startLimit(seconds: number | undefined, exceed: () => void): () => void {
  if (seconds === undefined || seconds * 1000 > MAX_TIMER_MS) return () => undefined;
  // Without a reference: a step that waits for nothing else is reported at once.
  const timer = setTimeout(() => {
    if (!isDebugged()) exceed();
  }, seconds * 1000).unref();
  return () => clearTimeout(timer);
}

export class AttemptStop {
  readonly #controller = new AbortController();
  readonly #startedAt = performance.now();
  readonly #limitSeconds: number | undefined;
  readonly #onRunStopped = () =>
    this.#stop(new StepStoppedError('abort', 'the run is being aborted'));
  readonly #runSignal: AbortSignal;
  readonly #cancelLimit: () => void;
  #watched = false;

  constructor(runSignal: AbortSignal, limitSeconds: number | undefined) {
    this.#runSignal = runSignal;
    this.#limitSeconds = limitSeconds;
    this.#cancelLimit = startLimit(limitSeconds, () => this.#exceed());
    if (runSignal.aborted) this.#onRunStopped();
    else runSignal.addEventListener('abort', this.#onRunStopped, { once: true });
  }

  /** The signal for the step's code, which may end in its own way then. */
  get signal(): AbortSignal {
    this.#watched = true;
    return this.#controller.signal;
  }

  get error(): StepStoppedError | undefined {
    const { reason }: { readonly reason: unknown } = this.#controller.signal;
    return reason instanceof StepStoppedError ? reason : undefined;
  }

  /** Settles as the execution does, or rejects because the attempt is stopped. */
  async until<T>(execution: Promise<T>): Promise<T> {
    const value = await Promise.race([execution, this.#stopped(execution)]);
    // A function that never yields is noticed only now.
    const { signal } = this.#controller;
    if (!signal.aborted && this.#isOverLimit) this.#exceed();
    signal.throwIfAborted();
    return value;
  }

  close(): void {
    this.#cancelLimit();
    this.#runSignal.removeEventListener('abort', this.#onRunStopped);
  }

  get #isOverLimit(): boolean {
    return (
      this.#limitSeconds !== undefined &&
      performance.now() - this.#startedAt > this.#limitSeconds * 1000 &&
      !isDebugged()
    );
  }

  #exceed(): void {
    this.#stop(new StepTimeoutError(`ran longer than its limit of ${this.#limitSeconds} s`));
  }

  #stop(error: StepStoppedError): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(error);
  }

  #stopped(execution: Promise<unknown>): Promise<never> {
    const { signal } = this.#controller;
    return new Promise((_, reject) => {
      const stop = async () => {
        if (this.#watched)
          await Promise.race([
            execution.catch(() => undefined),
            new Promise((resolve) => setTimeout(resolve, STOP_GRACE_MS).unref()),
          ]);
        reject(signal.reason);
      };
      if (signal.aborted) void stop();
      else signal.addEventListener('abort', () => void stop(), { once: true });
    });
  }
}
