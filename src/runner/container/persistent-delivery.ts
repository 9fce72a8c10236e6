/**
 * Sends messages to a queue that may be unavailable for a while. A message that is not accepted in
 * time is retained as undelivered.
 *
 * 1. Messages are sent in order. Once one is undelivered, all later ones are undelivered too.
 * 2. A message is retried for minutes, or for seconds once the container is about to be killed.
 * 3. `send` never rejects. `undelivered()` returns the messages for the object store.
 *
 * @module
 */
import { setTimeout } from 'node:timers';
import { MAX_MESSAGE_BYTES } from '../../model/limits.ts';
import type { RunnerMessage } from '../../model/spec.ts';
import type { Transitions } from '../../ports/transitions.ts';

export interface PersistentDelivery {
  /** Resolves when the message is accepted or undelivered. */
  send(message: RunnerMessage): Promise<void>;
  /** The container will be killed: shortens the time limit of each message. */
  onTerminating(): void;
  undelivered(): readonly RunnerMessage[];
}

export interface RetryPolicy {
  /** The time limit of each message, in milliseconds. */
  readonly timeoutMs: number;
  readonly terminationTimeoutMs: number;
  now(): number;
  log(text: string): void;
  /** Resolves after the time, or when `interrupted` fires. */
  delay(delayMs: number, interrupted: AbortSignal): Promise<void>;
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  timeoutMs: 5 * 60_000,
  terminationTimeoutMs: 4_000,
  now: () => performance.now(),
  log: (text) => console.error(text),
  delay: (delayMs, interrupted) =>
    new Promise((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        interrupted.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      interrupted.addEventListener('abort', finish);
    }),
};

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 15_000;
export function createPersistentDelivery(
  transitions: Transitions,
  policy: RetryPolicy = DEFAULT_RETRY_POLICY,
): PersistentDelivery {
  const undelivered: RunnerMessage[] = [];
  const terminating = new AbortController();
  let terminatingAt = Number.POSITIVE_INFINITY;
  let deliveries = Promise.resolve();

  async function trySend(message: RunnerMessage): Promise<boolean> {
    if (undelivered.length > 0 || Buffer.byteLength(JSON.stringify(message)) > MAX_MESSAGE_BYTES)
      return false;
    const startedAt = policy.now();
    for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(MAX_DELAY_MS, delayMs * 2)) {
      try {
        await transitions.send([message]);
        return true;
      } catch (error) {
        const remainingMs =
          Math.min(startedAt + policy.timeoutMs, terminatingAt + policy.terminationTimeoutMs) -
          policy.now();
        if (delayMs === FIRST_DELAY_MS || remainingMs <= 0)
          policy.log(
            `headrace: the message ${message.kind} could not be sent (${String(error)})${remainingMs > 0 ? '; it is tried again' : ''}`,
          );
        if (remainingMs <= 0) return false;
        await policy.delay(Math.min(delayMs, remainingMs), terminating.signal);
      }
    }
  }

  return {
    send(message) {
      deliveries = deliveries.then(async () => {
        if (!(await trySend(message))) undelivered.push(message);
      });
      return deliveries;
    },
    onTerminating() {
      terminatingAt = Math.min(terminatingAt, policy.now());
      terminating.abort();
    },
    undelivered: () => undelivered,
  };
}
