/**
 * The cache of documents, and when a failed request is repeated.
 *
 * @module
 */
import { QueryClient } from '@tanstack/react-query';
import { ApiError, ConnectionError } from './problems.ts';

const MAX_RETRIES = 5;
const MAX_DELAY_MS = 30_000;

/** Whether a request may succeed without a change. */
export const isTransient = (error: unknown): boolean =>
  error instanceof ConnectionError ||
  (error instanceof ApiError && (error.status === 429 || error.status >= 502));

/** Milliseconds until the attempt after `failures` failed ones, by the server's wish or doubled. */
export function retryDelayMs(failures: number, error: unknown, random = Math.random()): number {
  if (error instanceof ApiError && error.retryAfterMs !== undefined) return error.retryAfterMs;
  return Math.min(MAX_DELAY_MS, 500 * 2 ** failures) * (0.75 + random / 2);
}

/** The client of the page. A lost connection is retried without end; data already shown stays. */
export const createQueryClient = (): QueryClient =>
  new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        networkMode: 'always',
        retry: (failures, error) =>
          error instanceof ConnectionError || (isTransient(error) && failures < MAX_RETRIES),
        retryDelay: retryDelayMs,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });
