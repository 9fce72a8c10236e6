/**
 * The caller, and what the service offers.
 *
 * @module
 */
import { queryOptions } from '@tanstack/react-query';
import type { Me } from '../../../src/wire/service.ts';
import { request } from './client.ts';

export const meQuery = () =>
  queryOptions({
    queryKey: ['me'],
    queryFn: ({ signal }) => request<Me>('v1/me', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
