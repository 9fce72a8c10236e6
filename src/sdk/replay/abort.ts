/**
 * `AbortController` and `AbortSignal` in a pipeline's logic.
 *
 * They have no clock: a listener is called by the call of `abort`, so a replay calls it at the same
 * place. `AbortSignal.timeout` is refused with advice.
 *
 * @module
 */
import { NotInLogicError } from '../not-in-logic-error.ts';

type Listener = ((event: AbortEvent) => void) | { handleEvent(event: AbortEvent): void };

interface AbortEvent {
  readonly type: 'abort';
  readonly target: LogicAbortSignal;
}

/** The default of Node.js, which is a DOMException there. */
function defaultReason(): Error {
  const reason = new Error('This operation was aborted');
  Object.defineProperty(reason, 'name', { value: 'AbortError', configurable: true });
  Object.defineProperty(reason, 'code', { value: 20, configurable: true });
  return reason;
}

type Abort = (reason: unknown) => void;

class LogicAbortSignal {
  onabort: ((event: AbortEvent) => void) | null = null;
  #aborted = false;
  #reason: unknown;
  readonly #listeners = new Map<Listener, unknown>();

  /** `receive` gets the function that aborts the signal, as the executor of a promise does. */
  constructor(receive?: (abort: Abort) => void) {
    if (typeof receive !== 'function')
      throw new TypeError('Illegal constructor: use new AbortController().signal');
    receive((reason) => this.#abort(reason));
  }

  static abort(reason?: unknown): LogicAbortSignal {
    const { signal, abort } = newSignal();
    abort(reason);
    return signal;
  }

  /** Aborted by the first of the signals that is. */
  static any(signals: Iterable<LogicAbortSignal>): LogicAbortSignal {
    const sources = [...signals];
    const { signal, abort } = newSignal();
    const first = sources.find(({ aborted }) => aborted);
    if (first !== undefined) abort(first.reason);
    else for (const source of sources) source.addEventListener('abort', () => abort(source.reason));
    return signal;
  }

  static timeout(): never {
    throw new NotInLogicError(
      'AbortSignal.timeout',
      "use timeout(lazy, '10m') of headrace, or call abort() after sleep('10m')",
    );
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  get reason(): unknown {
    return this.#reason;
  }

  throwIfAborted(): void {
    if (this.#aborted) throw this.#reason;
  }

  /** A signal is aborted once, so the option `once` changes nothing. */
  addEventListener(type: string, listener: Listener | null): void {
    if (type === 'abort' && listener !== null && !this.#aborted)
      this.#listeners.set(listener, undefined);
  }

  removeEventListener(type: string, listener: Listener | null): void {
    if (type === 'abort' && listener !== null) this.#listeners.delete(listener);
  }

  #abort(reason: unknown): void {
    if (this.#aborted) return;
    this.#aborted = true;
    this.#reason = reason === undefined ? defaultReason() : reason;
    const event: AbortEvent = { type: 'abort', target: this };
    const listeners = [...this.#listeners.keys()];
    this.#listeners.clear();
    if (typeof this.onabort === 'function') call(this.onabort, event);
    for (const listener of listeners) call(listener, event);
  }
}

function newSignal(): { readonly signal: LogicAbortSignal; readonly abort: Abort } {
  let abort: Abort = () => undefined;
  const signal = new LogicAbortSignal((received) => {
    abort = received;
  });
  return { signal, abort };
}

/** An error of a listener does not reach the caller of `abort`: it is a rejection without a handler. */
function call(listener: Listener, event: AbortEvent): void {
  try {
    if (typeof listener === 'function') listener.call(event.target, event);
    else listener.handleEvent(event);
  } catch (error) {
    void Promise.reject(error);
  }
}

class LogicAbortController {
  readonly signal: LogicAbortSignal;
  readonly #abort: Abort;

  constructor() {
    const { signal, abort } = newSignal();
    this.signal = signal;
    this.#abort = abort;
  }

  abort(reason?: unknown): void {
    this.#abort(reason);
  }
}

/** The globals by name. */
export const ABORT_GLOBALS = {
  AbortController: LogicAbortController,
  AbortSignal: LogicAbortSignal,
} as const;
for (const [name, value] of Object.entries(ABORT_GLOBALS))
  Object.defineProperty(value, 'name', { value: name, configurable: true });
