/**
 * A client that outlasts an API that cannot be reached, is ill or has too many callers for a while: an evaluation takes hours, and to begin it anew costs a
 * replay of all that happened.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, ApiUnreachableError } from '../../client/errors.ts';
import type { EvaluationClient } from '../../client/evaluations.ts';

export interface Persistence {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without an answer after which the error is the caller's. */
  readonly outage: number;
  /** Milliseconds between two attempts, each of which is some already. */
  readonly pause: number;
}

const isPassing = (error: unknown): boolean =>
  error instanceof ApiUnreachableError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500));

export function persistent(
  client: EvaluationClient,
  { signal, outage, pause }: Persistence,
): EvaluationClient {
  const through =
    <A extends readonly unknown[], T>(ask: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      for (const since = performance.now(); ; ) {
        try {
          return await ask(...args);
        } catch (error) {
          if (!isPassing(error) || performance.now() - since > outage || signal?.aborted === true)
            throw error;
          await delay(pause, undefined, { signal }).catch(() => undefined);
        }
      }
    };
  return {
    show: through(client.show),
    claim: through(client.claim),
    events: through(client.events),
    signatures: through(client.signatures),
    value: through(client.value),
    answer: through(client.answer),
    read: through(client.read),
  };
}
