/**
 * Detects errors that the promise of the step's function does not carry: uncaught exceptions,
 * unhandled rejections, and a process that has nothing left to do.
 *
 * 1. The first of these errors fails the step. It does so even after the function returned, until
 *    the outcome is sent.
 * 2. After the function returned, work that it left behind has a short time to fail.
 *
 * @module
 */
import { setImmediate, setTimeout } from 'node:timers';
import { MAX_TIMER_MS } from '../sdk/duration.ts';

export interface Crashes {
  /** Rejects with the first error; never resolves. */
  readonly firstError: Promise<never>;
  /** Waits for work that the function did not await, so that it can fail. */
  settle(): Promise<void>;
  stop(): void;
}

/**
 * Work that a function may have started and not awaited, by the names of
 * `process.getActiveResourcesInfo()`. Open sockets are not included: they may stay open.
 */
const PENDING_RESOURCES =
  /^(Timeout|Immediate|FSReq|GetAddrInfo|GetNameInfo|TCPConnectWrap|PipeConnectWrap|RandomBytesRequest|ZlibContext)/;
const SETTLE_TIMEOUT_MS = 100;
const RESOURCE_POLL_MS = 10;

/**
 * @param neverSettled returns the error for a process that has nothing left to do, or undefined if
 *   the process waits for an external event
 */
export function watchCrashes(neverSettled: () => Error | undefined): Crashes {
  const { promise, reject } = withRejection();
  const onCrash = (error: unknown) => reject(error);
  const onIdle = () => {
    const error = neverSettled();
    if (error !== undefined) reject(error);
    else setTimeout(() => undefined, MAX_TIMER_MS);
  };
  process.on('uncaughtException', onCrash);
  process.on('unhandledRejection', onCrash);
  process.on('beforeExit', onIdle);
  return {
    firstError: promise,
    async settle() {
      // Timers that are due and immediates always run once.
      await delay(0);
      await new Promise<void>((resolve) => void setImmediate(resolve));
      const deadline = process.uptime() * 1000 + SETTLE_TIMEOUT_MS;
      while (
        process.uptime() * 1000 < deadline &&
        process.getActiveResourcesInfo().some((name) => PENDING_RESOURCES.test(name))
      )
        await delay(RESOURCE_POLL_MS);
    },
    stop() {
      process.off('uncaughtException', onCrash);
      process.off('unhandledRejection', onCrash);
      process.off('beforeExit', onIdle);
    },
  };
}

function withRejection(): {
  readonly promise: Promise<never>;
  readonly reject: (error: unknown) => void;
} {
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise;
  });
  // The caller observes the promise only while the function runs.
  promise.catch(() => undefined);
  return { promise, reject };
}

const delay = (durationMs: number): Promise<void> =>
  new Promise((resolve) => void setTimeout(resolve, durationMs));
