/**
 * The changes of a run as a stream of events (`text/event-stream`): each event is a document of
 * changes, which follows the one before it.
 *
 * 1. The first document is sent at once, also if nothing changed. The next ones follow changes, at
 *    most ten a second.
 * 2. A comment is sent when nothing changes for a while, so that both ends notice a lost connection.
 * 3. A reader that does not read delays the stream, which then sends fewer and larger documents.
 *
 * @module
 */
import type { RunId } from '../model/ids.ts';
import type { RunChangesDocument } from '../wire/run-state.ts';

/** Reports when a run may have changed. */
export interface ChangeSignals {
  /** Calls `notify` after a change of the run, until the returned function is called. */
  subscribe(run: RunId, notify: () => void): () => void;
}

export interface ChangeStreamOptions {
  /** The changes after a revision; undefined: the run does not exist any more. */
  readonly read: (since: number) => Promise<RunChangesDocument | undefined>;
  readonly since: number;
  readonly subscribe: (notify: () => void) => () => void;
  readonly heartbeatMs?: number;
  /** The least pause between two documents. */
  readonly pauseMs?: number;
}

const HEARTBEAT_MS = 15_000;
const PAUSE_MS = 100;

export const EVENT_STREAM = 'text/event-stream';

/** Whether the caller prefers a stream to a document. */
export const acceptsEventStream = (accept: string | undefined): boolean =>
  accept?.toLowerCase().includes(EVENT_STREAM) === true;

export function changeStream(options: ChangeStreamOptions): ReadableStream<Uint8Array> {
  const { read, subscribe, heartbeatMs = HEARTBEAT_MS, pauseMs = PAUSE_MS } = options;
  const encoder = new TextEncoder();
  const waiter = new ChangeWaiter();
  let { since } = options;
  let isFirst = true;
  let unsubscribe: () => void = () => undefined;
  const stop = (): void => {
    unsubscribe();
    waiter.stop();
  };
  return new ReadableStream<Uint8Array>(
    {
      start() {
        // Before the first read, so that no change is missed.
        unsubscribe = subscribe(() => waiter.notify());
      },
      async pull(controller) {
        while (!waiter.isStopped) {
          const changes = await read(since);
          if (changes === undefined) {
            stop();
            controller.close();
            return;
          }
          if (isFirst || changes.reset || changes.revision !== since) {
            isFirst = false;
            since = changes.revision;
            controller.enqueue(encoder.encode(`data: ${JSON.stringify(changes)}\n\n`));
            if (!changes.more) await waiter.pause(pauseMs);
            return;
          }
          if ((await waiter.changed(heartbeatMs)) === 'timeout') {
            controller.enqueue(encoder.encode(': nothing changed\n\n'));
            return;
          }
        }
      },
      cancel: stop,
    },
    { highWaterMark: 1 },
  );
}

/** Waits for a change, a time, or the end. */
class ChangeWaiter {
  isStopped = false;
  #hasChanged = false;
  #wake: ((reason: 'changed' | 'stopped') => void) | undefined;

  notify(): void {
    this.#hasChanged = true;
    this.#wake?.('changed');
  }

  stop(): void {
    this.isStopped = true;
    this.#wake?.('stopped');
  }

  /** Resolves after a change since the last call. */
  async changed(timeoutMs: number): Promise<'changed' | 'stopped' | 'timeout'> {
    const reason = this.#hasChanged ? 'changed' : await this.#wait(timeoutMs);
    if (reason === 'changed') this.#hasChanged = false;
    return reason;
  }

  /** Changes meanwhile are not lost. */
  async pause(durationMs: number): Promise<void> {
    const end = performance.now() + durationMs;
    for (let left = durationMs; left > 0 && !this.isStopped; left = end - performance.now())
      await this.#wait(left);
  }

  #wait(timeoutMs: number): Promise<'changed' | 'stopped' | 'timeout'> {
    if (this.isStopped) return Promise.resolve('stopped');
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve('timeout'), timeoutMs);
      timer.unref?.();
      this.#wake = (reason) => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve(reason);
      };
    });
  }
}
