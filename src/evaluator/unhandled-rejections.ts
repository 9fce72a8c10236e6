/**
 * Receives the unhandled rejections of promises of a logic context, in place of the process.
 *
 * Logic may observe a rejected promise only after a later event, or never. Node.js reports each
 * unobserved rejection to the listeners of the process. The runtime of AWS Lambda has such a
 * listener, which ends the process; without any listener, Node.js ends it. In place of them, the
 * evaluation of the logic receives the rejections: those that reach no handler fail the run.
 *
 * 1. No listener receives a rejection of a context, whether it was added before or after
 *    `containRejections`. Rejections of all other promises take their usual course.
 * 2. A promise of a context is recognised by its prototypes, without running any code of the
 *    context.
 * 3. Node.js reports rejections after the microtasks of a task, in the order of the rejections. All
 *    of them have arrived when `rejectionsReported` resolves.
 *
 * @module
 */
import { setImmediate } from 'node:timers';
import { types } from 'node:util';

/** The position of the promise among the arguments of each event that Node.js emits about one. */
const PROMISE_POSITIONS: ReadonlyMap<unknown, number> = new Map([
  ['unhandledRejection', 1],
  ['rejectionHandled', 0],
  ['multipleResolves', 1],
]);

/** The rejections of the contexts, by the `Promise.prototype` of each. */
const collectors = new WeakMap<object, RejectedPromises>();

/** The promises of one context that were rejected and have no handler. */
export class RejectedPromises {
  readonly #reasons = new Map<unknown, unknown>();

  /** @param promisePrototype `Promise.prototype` of the context */
  constructor(promisePrototype: object) {
    containRejections();
    collectors.set(promisePrototype, this);
  }

  /** The reasons, in the order of the rejections. Each is returned once. */
  take(): readonly unknown[] {
    const reasons = [...this.#reasons.values()];
    this.#reasons.clear();
    return reasons;
  }

  /** Receives an event that Node.js emits about a promise. */
  receive(event: unknown, promise: unknown, reason: unknown): void {
    if (event === 'unhandledRejection') this.#reasons.set(promise, reason);
    else if (event === 'rejectionHandled') this.#reasons.delete(promise);
  }
}

/** Resolves when Node.js has reported all rejections so far (3). */
export const rejectionsReported = (): Promise<void> =>
  new Promise((resolve) => setImmediate(resolve));

let installed = false;

/** Installs the filter of the process once. */
function containRejections(): void {
  if (installed) return;
  installed = true;
  const { emit } = process;
  Object.defineProperty(process, 'emit', {
    value(this: NodeJS.Process, ...args: [event: unknown, ...values: unknown[]]): boolean {
      const position = PROMISE_POSITIONS.get(args[0]);
      // A return value of true means that the event had a listener.
      const promise = position === undefined ? undefined : args[position + 1];
      if (isContextPromise(promise)) {
        collectorOf(promise)?.receive(args[0], promise, args[1]);
        return true;
      }
      return Reflect.apply(emit, this, args);
    },
    writable: true,
    configurable: true,
  });
}

/** True if the promise was created in a `node:vm` context, such as that of a pipeline's logic. */
export function isContextPromise(promise: unknown): promise is Promise<unknown> {
  return types.isPromise(promise) && !isOfHost(promise, Promise.prototype);
}

/** A promise whose prototypes the logic has replaced has no collector. */
function collectorOf(promise: object): RejectedPromises | undefined {
  for (const prototype of prototypesOf(promise)) {
    const collector = collectors.get(prototype);
    if (collector !== undefined) return collector;
  }
  return undefined;
}

/**
 * True if `prototype`, an object of this realm, is one of the prototypes of `object`. Unlike
 * `instanceof`, it runs no code of a context.
 */
export function isOfHost(object: object, prototype: object): boolean {
  for (const next of prototypesOf(object)) if (next === prototype) return true;
  return false;
}

/** The object and its prototypes, up to a proxy. */
function* prototypesOf(object: object): Generator<object> {
  for (let next: object | null = object; next !== null && !types.isProxy(next); ) {
    yield next;
    next = Object.getPrototypeOf(next) as object | null;
  }
}
