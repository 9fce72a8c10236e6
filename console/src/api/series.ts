/**
 * Queries of metrics.
 *
 * @module
 */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type {
  MemberScalars,
  MetricNames,
  SeriesDocument,
  SeriesPage,
} from '../../../src/wire/series.ts';
import { request } from './client.ts';

export type SeriesAxis = 'iteration' | 'relative' | 'time';

/** The metrics of a step, or of the run itself. */
export interface SeriesOwner {
  readonly run: string;
  /** Null: the run. */
  readonly call: number | null;
}

const POINTS = 600;
const PAGE = 50;

const runPath = (run: string): string => `v1/runs/${encodeURIComponent(run)}`;
const seriesPath = ({ run, call }: SeriesOwner): string =>
  call === null ? `${runPath(run)}/series` : `${runPath(run)}/steps/${call}/series`;

/** All metrics of an owner, by pages. */
export const seriesQuery = (owner: SeriesOwner, x: SeriesAxis) =>
  infiniteQueryOptions({
    queryKey: ['series', owner.run, owner.call, x],
    queryFn: ({ pageParam, signal }) =>
      request<SeriesPage>(seriesPath(owner), {
        query: { x, points: POINTS, limit: PAGE, cursor: pageParam },
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: (previous) => previous,
  });

/** A part of one metric in more detail. */
export const seriesPartQuery = (
  owner: SeriesOwner,
  { title, series }: Pick<SeriesDocument, 'title' | 'series'>,
  x: SeriesAxis,
  range: { readonly from: number; readonly to: number } | null,
) =>
  queryOptions({
    queryKey: ['series-part', owner.run, owner.call, title, series, x, range],
    queryFn: ({ signal }) =>
      request<SeriesPage>(seriesPath(owner), {
        query: { title, series, x, points: POINTS, from: range?.from, to: range?.to, limit: PAGE },
        signal,
      }),
    enabled: range !== null,
  });

const REFRESH_MS = 15_000;

/** The metrics that calls of a component reported, read again while the run is active. */
export const metricNamesQuery = (run: string, component: string, isActive: boolean) =>
  queryOptions({
    queryKey: ['metric-names', run, component, isActive],
    queryFn: ({ signal }) =>
      request<MetricNames>(`${runPath(run)}/scalars/names`, { query: { component }, signal }),
    // Of the same component, when its run ends.
    placeholderData: (previous, query) => (query?.queryKey[2] === component ? previous : undefined),
    staleTime: REFRESH_MS,
    refetchInterval: isActive ? REFRESH_MS : false,
  });

const MEMBERS_PAGE = 500;

/**
 * One metric over all calls of a component: the pages after one another. While the run is active, a
 * metric of one page is read again; to repeat many pages would cost more than it shows.
 */
export const memberScalarsQuery = (
  run: string,
  component: string,
  { title, series }: { readonly title: string; readonly series: string },
  isActive: boolean,
) =>
  queryOptions({
    queryKey: ['member-scalars', run, component, title, series, isActive],
    queryFn: async ({ signal }) => {
      const whole: MemberScalars = {
        title,
        series,
        calls: [],
        last: [],
        min: [],
        max: [],
        next: null,
      };
      let cursor: string | undefined;
      do {
        const page: MemberScalars = await request(`${runPath(run)}/scalars`, {
          query: { component, title, series, limit: MEMBERS_PAGE, cursor },
          signal,
        });
        whole.calls.push(...page.calls);
        whole.last.push(...page.last);
        whole.min.push(...page.min);
        whole.max.push(...page.max);
        cursor = page.next ?? undefined;
      } while (cursor !== undefined);
      return whole;
    },
    // Of the same component, when its run ends.
    placeholderData: (previous, query) => (query?.queryKey[2] === component ? previous : undefined),
    staleTime: REFRESH_MS,
    refetchInterval: ({ state }) =>
      isActive && (state.data?.calls.length ?? 0) <= MEMBERS_PAGE ? REFRESH_MS : false,
  });
