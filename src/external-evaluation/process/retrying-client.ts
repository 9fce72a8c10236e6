/**
 * A client that outlasts an API that cannot be reached, is ill or has too many callers for a while: an evaluation takes hours, and to begin it anew costs a
 * replay of all that happened.
 *
 * @module
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, ApiUnreachableError } from '../../client/errors.ts';
import type { EvaluationClient } from '../../client/evaluations.ts';

export interface RetryOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds without an answer after which the error is the caller's. */
  readonly maxOutageMs: number;
  /** Milliseconds between two attempts, each of which is some already. */
  readonly retryDelayMs: number;
}

const isTransient = (error: unknown): boolean =>
  error instanceof ApiUnreachableError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 500));

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
