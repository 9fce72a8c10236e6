/**
 * The caller, and what the service offers.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { Me } from '../../../src/wire/service.ts';
import { request } from './client.ts';
import { ApiError } from './problems.ts';

/** Null: the service is older than this console, and has no such route. */
export const meQuery = () =>
  queryOptions({
    queryKey: ['me'],
    queryFn: async ({ signal }): Promise<Me | null> => {
      try {
        return await request<Me>('v1/me', { signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
    staleTime: 300_000,
  });
