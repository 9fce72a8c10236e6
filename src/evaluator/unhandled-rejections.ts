/**
 * Ignores unhandled rejections inside a context: they reach the process, and would end it.
 *
 * 1. A promise of a context is recognised by its prototype, without running any code of the
 *    context.
 * 2. Rejections of other promises are left to the process's other listeners. If there is none, they
 *    end the process, as they do by default.
 *
 * @module
 */
import { types } from 'node:util';

let installed = false;

/** Installs the listeners once, before the first context is created. */
export function containRejections(): void {
  if (installed) return;
  installed = true;
  process.on('unhandledRejection', (reason, promise) => {
    if (isContextPromise(promise) || process.listenerCount('unhandledRejection') > 1) return;
    throw reason;
  });
  process.on('rejectionHandled', (promise) => {
    if (isContextPromise(promise) || process.listenerCount('rejectionHandled') > 1) return;
    process.emitWarning(
      'a promise rejection was handled asynchronously',
      'PromiseRejectionHandledWarning',
    );
  });
}

/** True if the promise was created in a `node:vm` context, such as that of a pipeline's logic. */
export function isContextPromise(promise: object): boolean {
  for (
    let prototype: object | null = promise;
    prototype !== null;
    prototype = Object.getPrototypeOf(prototype) as object | null
  ) {
    if (prototype === Promise.prototype) return false;
    if (types.isProxy(prototype)) return true;
  }
  return true;
}
