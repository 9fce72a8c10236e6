/**
 * Rejections that nobody handles inside a context reach the process, which would end with them. They are the logic's own affair.
 *
 * 1. A promise of a context is told by its prototype, without running any of the context's code.
 * 2. The rejections of other promises are left to others; where there are none, they end the process as ever.
 *
 * @module
 */
import { types } from 'node:util';

let installed = false;

/** Done once, before the first context is made. */
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

/** True if the promise was made in a `node:vm` context, such as that of a pipeline's logic. */
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
