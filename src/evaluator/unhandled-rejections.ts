/**
 * Hides the rejections of promises of a logic context from the process.
 *
 * Logic may observe a rejected promise only after a later event, or never. Node.js reports each
 * unobserved rejection to the listeners of the process. The runtime of AWS Lambda has such a
 * listener, which ends the process; without any listener, Node.js ends it.
 *
 * 1. No listener receives a rejection of a context, whether it was added before or after
 *    `containRejections`. Rejections of all other promises take their usual course.
 * 2. A promise of a context is recognised by its prototypes, without running any code of the
 *    context.
 *
 * @module
 */
import { types } from 'node:util';

/** The position of the promise among the arguments of each event that Node.js emits about one. */
const PROMISE_POSITIONS: ReadonlyMap<unknown, number> = new Map([
  ['unhandledRejection', 1],
  ['rejectionHandled', 0],
  ['multipleResolves', 1],
]);

let installed = false;

/** Installs the filter of the process once, before the first context is created. */
export function containRejections(): void {
  if (installed) return;
  installed = true;
  const { emit } = process;
  Object.defineProperty(process, 'emit', {
    value(this: NodeJS.Process, ...args: [event: unknown, ...values: unknown[]]): boolean {
      const position = PROMISE_POSITIONS.get(args[0]);
      // A return value of true means that the event had a listener.
      if (position !== undefined && isContextPromise(args[position + 1])) return true;
      return Reflect.apply(emit, this, args);
    },
    writable: true,
    configurable: true,
  });
}

/** True if the promise was created in a `node:vm` context, such as that of a pipeline's logic. */
export function isContextPromise(promise: unknown): boolean {
  return types.isPromise(promise) && !isOfHost(promise, Promise.prototype);
}

/**
 * True if `prototype`, an object of this realm, is one of the prototypes of `object`. Unlike
 * `instanceof`, it runs no code of a context.
 */
export function isOfHost(object: object, prototype: object): boolean {
  for (let next: object | null = object; next !== null && !types.isProxy(next); ) {
    if (next === prototype) return true;
    next = Object.getPrototypeOf(next) as object | null;
  }
  return false;
}
