/**
 * The promises of debug mode that were rejected without a handler.
 *
 * 1. Node.js reports them to the process, which by default ends with them. In place of the process,
 *    the run or the attempt receives them in whose scope the promise was rejected. Rejections of
 *    all other promises take their usual course.
 * 2. Node.js reports rejections after the microtasks of a task, in the order of the rejections. All
 *    of them have arrived when `rejectionsReported` resolves.
 *
 * @module
 */
import { setImmediate } from 'node:timers';
import { type RejectionReceiver, scopes } from '../scope.ts';

/** The rejected promises of one run or attempt that have no handler. */
export class RejectedPromises implements RejectionReceiver {
  readonly #reasons = new Map<unknown, unknown>();
  readonly #onRejected: (reason: unknown) => void;

  constructor(onRejected: (reason: unknown) => void = () => undefined) {
    routeRejections();
    this.#onRejected = onRejected;
  }

  /** The reasons, in the order of the rejections. Each is returned once. */
  take(): readonly unknown[] {
    const reasons = [...this.#reasons.values()];
    this.#reasons.clear();
    return reasons;
  }

  add(promise: unknown, reason: unknown): void {
    this.#reasons.set(promise, reason);
    this.#onRejected(reason);
  }

  remove(promise: unknown): void {
    this.#reasons.delete(promise);
  }
}

/** Resolves when Node.js has reported all rejections so far (2). */
export const rejectionsReported = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

const receivers = new WeakMap<object, RejectionReceiver>();
let installed = false;

/** Installs the filter of the process once (1). */
function routeRejections(): void {
  if (installed) return;
  installed = true;
  const { emit } = process;
  Object.defineProperty(process, 'emit', {
    value(this: NodeJS.Process, ...args: [event: unknown, ...values: unknown[]]): boolean {
      // A return value of true means that the event had a listener.
      return isReceived(args) || Reflect.apply(emit, this, args);
    },
    writable: true,
    configurable: true,
  });
}

function isReceived([event, first, second]: readonly unknown[]): boolean {
  if (event === 'unhandledRejection' && second instanceof Promise) {
    const receiver = scopes.getStore()?.rejections;
    if (receiver === undefined) return false;
    receivers.set(second, receiver);
    receiver.add(second, first);
    return true;
  }
  if (event !== 'rejectionHandled' || !(first instanceof Promise)) return false;
  receivers.get(first)?.remove(first);
  return receivers.delete(first);
}
