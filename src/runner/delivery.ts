/**
 * Sends messages to a parent that may crash. Each message is kept until the parent accepts it.
 *
 * @module
 */
import type { RunnerMessage } from '../model/spec.ts';
import type { FromRunner } from './protocol.ts';

export interface Delivery {
  /**
   * Resolves when the parent accepts the message, or when the parent is lost and the message is
   * kept.
   */
  send(message: RunnerMessage): Promise<void>;
  onAccepted(id: number): void;
  /** The channel to the parent broke. */
  onDisconnected(): void;
  /** The messages that were not accepted, in order. */
  undelivered(): readonly RunnerMessage[];
}

/**
 * @param onWaiting called with true when the first acknowledgement is awaited, with false after the
 *   last
 */
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
