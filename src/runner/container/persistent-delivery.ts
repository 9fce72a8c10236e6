/**
 * Messages to a queue that may not answer for a while: each is sent until it is accepted, or kept when that takes too long.
 *
 * 1. Messages are accepted in the order in which they were given. Once one is kept, so are all after it.
 * 2. A message is tried for minutes; for seconds once the container is about to be killed.
 * 3. `send` never fails: what it could not send is among `kept`, for the object store.
 *
 * @module
 */
import { setTimeout } from 'node:timers';
import type { RunnerMessage } from '../../model/spec.ts';
import type { Transitions } from '../../ports/transitions.ts';

export interface PersistentDelivery {
  /** Resolves when the message is accepted or kept. */
  send(message: RunnerMessage): Promise<void>;
  /** The container will be killed: what is not accepted soon is kept. */
  hurry(): void;
  kept(): readonly RunnerMessage[];
}

export interface Patience {
  /** Milliseconds for each message. */
  readonly usual: number;
  readonly hurried: number;
  now(): number;
  log(text: string): void;
  /** Resolves after so many milliseconds, or when `woken` fires. */
  pause(milliseconds: number, woken: AbortSignal): Promise<void>;
}

export const PATIENCE: Patience = {
  usual: 5 * 60_000,
  hurried: 4_000,
  now: Date.now,
  log: (text) => console.error(text),
  pause: (milliseconds, woken) =>
    new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        woken.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, milliseconds);
      woken.addEventListener('abort', wake);
    }),
};

const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 15_000;
/** A message in SQS has 1 MiB at the most, with its envelope. */
const LARGEST_BYTES = 1_000_000;

export function createPersistentDelivery(
  transitions: Transitions,
  patience: Patience = PATIENCE,
): PersistentDelivery {
  const kept: RunnerMessage[] = [];
  const hurry = new AbortController();
  let hurriedAt = Number.POSITIVE_INFINITY;
  let last = Promise.resolve();

  async function accepted(message: RunnerMessage): Promise<boolean> {
    if (kept.length > 0 || Buffer.byteLength(JSON.stringify(message)) > LARGEST_BYTES) return false;
    const begun = patience.now();
    for (let pause = FIRST_PAUSE; ; pause = Math.min(LONGEST_PAUSE, pause * 2)) {
      try {
        await transitions.send([message]);
        return true;
      } catch (error) {
        const left =
          Math.min(begun + patience.usual, hurriedAt + patience.hurried) - patience.now();
        if (pause === FIRST_PAUSE || left <= 0)
          patience.log(
            `headrace: the message ${message.kind} could not be sent (${String(error)})${left > 0 ? '; it is tried again' : ''}`,
          );
        if (left <= 0) return false;
        await patience.pause(Math.min(pause, left), hurry.signal);
      }
    }
  }

  return {
    send(message) {
      last = last.then(async () => {
        if (!(await accepted(message))) kept.push(message);
      });
      return last;
    },
    hurry() {
      hurriedAt = Math.min(hurriedAt, patience.now());
      hurry.abort();
    },
    kept: () => kept,
  };
}
