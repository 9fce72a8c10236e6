/**
 * The query of a list that is read page by page.
 *
 * @module
 */
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { Page } from '../../../src/wire/values.ts';
import { type QueryValue, request } from './client.ts';

/** A list of documents, page by page. */
export const pagesQuery = <T>(
  path: string,
  filter: Readonly<Record<string, QueryValue>>,
  limit = 100,
) =>
  infiniteQueryOptions({
    queryKey: [path, filter],
    queryFn: ({ pageParam, signal }) =>
      request<Page<T>>(path, { query: { ...filter, limit, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
