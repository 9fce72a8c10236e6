/**
 * A client that retries while the API is unreachable, fails, or limits the rate of requests. An
 * evaluation may take hours, and a restart costs a replay of the whole history.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, ApiUnreachableError } from '../../client/errors.ts';
import type { EvaluationClient } from '../../client/evaluations.ts';

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** How long requests are retried, in milliseconds, before the error is thrown. */
  readonly maxOutageMs: number;
  /**
   * Milliseconds between two attempts of this client. The wrapped client may retry within an
   * attempt.
   */
  readonly retryDelayMs: number;
}

const isTransient = (error: unknown): boolean =>
  error instanceof ApiUnreachableError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500));

/** Wraps each request of the client with retries. */
export function createRetryingClient(
  client: EvaluationClient,
  { signal, maxOutageMs, retryDelayMs }: RetryOptions,
): EvaluationClient {
  const withRetries =
    <A extends readonly unknown[], T>(request: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      for (const startedAt = performance.now(); ; ) {
        try {
          return await request(...args);
        } catch (error) {
          if (
            !isTransient(error) ||
            performance.now() - startedAt > maxOutageMs ||
            signal?.aborted === true
          )
            throw error;
          await delay(retryDelayMs, undefined, { signal }).catch(() => undefined);
        }
      }
    };
  return {
    evaluation: withRetries(client.evaluation),
    claim: withRetries(client.claim),
    events: withRetries(client.events),
    signatures: withRetries(client.signatures),
    valueLink: withRetries(client.valueLink),
    answer: withRetries(client.answer),
    readLink: withRetries(client.readLink),
  };
}
