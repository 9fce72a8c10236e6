/**
 * The query of a run's history.
 *
 * @module
 */
import { infiniteQueryOptions } from '@tanstack/react-query';
import type { RunEventPage } from '../../../src/wire/events.ts';
import { request } from './client.ts';

const PAGE = 200;

/** The events of a run from one on, or the last ones first, by pages. */
export const eventsQuery = (
  run: string,
  options: {
    readonly from: number | undefined;
    readonly kinds: readonly string[];
    readonly stamp: string;
  },
) =>
  infiniteQueryOptions({
    queryKey: ['events', run, options],
    queryFn: ({ pageParam, signal }) =>
      request<RunEventPage>(`v1/runs/${encodeURIComponent(run)}/events`, {
        query: {
          limit: PAGE,
          cursor: pageParam,
          from: pageParam === undefined ? options.from : undefined,
          direction: options.from === undefined ? 'backward' : undefined,
          kind: options.kinds.length === 0 ? undefined : options.kinds.join(','),
        },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (previous) => previous,
  });
