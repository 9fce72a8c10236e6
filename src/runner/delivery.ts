/**
 * Messages to an engine that may die: each is kept until the engine accepted it.
 *
 * @module
 */
import type { RunnerMessage } from '../model/spec.ts';
import type { FromRunner } from './protocol.ts';

export interface Delivery {
  /** Resolves when the engine accepted the message, or when there is no engine any more and the message is kept. */
  send(message: RunnerMessage): Promise<void>;
  onAccepted(id: number): void;
  /** The engine is gone. */
  onDisconnected(): void;
  /** What no engine accepted, in its order. */
  undelivered(): readonly RunnerMessage[];
}

/** @param onWaiting Called with whether an answer is awaited, each time that this changes. */
export function createDelivery(
  post: (message: FromRunner) => void,
  onWaiting: (waiting: boolean) => void,
): Delivery {
  const unaccepted = new Map<
    number,
    { readonly message: RunnerMessage; readonly resolve: () => void }
  >();
  let next = 0;
  let connected = true;

  return {
    send: (message) =>
      new Promise((resolve) => {
        const id = next++;
        unaccepted.set(id, { message, resolve });
        if (!connected) return resolve();
        if (unaccepted.size === 1) onWaiting(true);
        post({ kind: 'message', id, message });
      }),
    onAccepted(id) {
      unaccepted.get(id)?.resolve();
      unaccepted.delete(id);
      if (unaccepted.size === 0) onWaiting(false);
    },
    onDisconnected() {
      connected = false;
      for (const { resolve } of unaccepted.values()) resolve();
    },
    undelivered: () => [...unaccepted.values()].map(({ message }) => message),
  };
}
