/**
 * The rows of the list, and their changes.
 *
 * @module
 */
import {
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useCallback, useMemo, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import {
  changingRunsQuery,
  newestRunsQuery,
  type RunListQuery,
  runsQuery,
} from '../../api/runs.ts';
import { serverClock } from '../../api/server-clock.ts';
import { type Condition, fulfils, parseCondition } from './conditions.ts';
import { changingBeyond, mergeRuns } from './merge-runs.ts';
import { type RunsSearch, timeBound } from './search.ts';

const ACTIVE_POLL_MS = 4_000;
const IDLE_POLL_MS = 15_000;
/** Runs below the newest ones that are polled alone. */
const MAX_POLLED_RUNS = 8;
/** Conditions are checked here: so many pages are loaded to find the first rows. */
const MAX_SEARCHED_PAGES = 10;
const ENOUGH_ROWS = 40;

/** The parameters of the request. */
function listQueryOf(search: RunsSearch, now: number): RunListQuery {
  const { project, pipeline, status, tag, by, q, archived, sort, from, to, where, cols } = search;
  const include = [
    ...(where !== undefined || cols?.some((each) => each.startsWith('arg:')) ? ['args'] : []),
    ...(where !== undefined || cols?.some((each) => each.startsWith('metric:')) ? ['scalars'] : []),
    ...(cols?.includes('cost') ? ['cost'] : []),
  ];
  return {
    project,
    pipeline,
    status,
    tag,
    by,
    q,
    archived,
    sort,
    ...(from !== undefined && { from: timeBound(from, now) }),
    ...(to !== undefined && { to: timeBound(to, now) }),
    ...(include.length > 0 && { include: include.join(',') }),
  };
}

export interface RunList {
  readonly rows: readonly RunSummary[];
  readonly newRuns: number;
  readonly showNewRuns: () => void;
  readonly hide: (ids: readonly string[]) => void;
  readonly refresh: () => void;
  readonly loadMore: () => void;
  /** Loaded runs, of which `rows` fulfil the conditions. */
  readonly loaded: number;
  readonly hasMore: boolean;
  readonly isLoading: boolean;
  readonly error: Error | null;
}

export function useRunList(search: RunsSearch): RunList {
  const client = useQueryClient();
  const [openedAt] = useState(() => serverClock.now());
  const query = useMemo(() => listQueryOf(search, openedAt), [search, openedAt]);
  const list = useInfiniteQuery({ ...runsQuery(query), placeholderData: keepPreviousData });
  const [removed, setRemoved] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(() => list.data?.pages.flatMap(({ items }) => items) ?? [], [list.data]);

  const isNewestFirst = search.sort === undefined;
  const isActive = shown.some(({ endedAt }) => endedAt === null);
  const interval = isActive ? ACTIVE_POLL_MS : IDLE_POLL_MS;
  const newest = useQuery({
    ...newestRunsQuery(query, interval),
    enabled: isNewestFirst && list.isSuccess && !list.isPlaceholderData,
  });
  const polled = useMemo(() => newest.data?.items ?? [], [newest.data]);
  const changing = changingBeyond(shown, polled).slice(0, MAX_POLLED_RUNS);
  const beyond = useQuery({
    ...changingRunsQuery(changing, interval),
    enabled: changing.length > 0,
    placeholderData: keepPreviousData,
  }).data;

  const merged = useMemo(() => {
    const { rows, newRuns } = mergeRuns(shown, polled, removed);
    const changed = new Map((beyond ?? []).map((run) => [run.id, run]));
    return { newRuns, rows: rows.map((run) => withChange(run, changed.get(run.id))) };
  }, [shown, polled, removed, beyond]);
  const conditions = useMemo(
    () =>
      (search.where ?? []).flatMap((text): Condition[] => {
        const condition = parseCondition(text);
        return condition === undefined ? [] : [condition];
      }),
    [search.where],
  );
  const rows = useMemo(
    () => merged.rows.filter((run) => conditions.every((each) => fulfils(run, each))),
    [merged.rows, conditions],
  );

  const { hasNextPage, isFetchingNextPage, fetchNextPage, isError } = list;
  const pages = list.data?.pages.length ?? 0;
  const loadMore = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  if (conditions.length > 0 && rows.length < ENOUGH_ROWS && pages < MAX_SEARCHED_PAGES)
    queueMicrotask(loadMore);

  return {
    rows,
    newRuns: merged.newRuns,
    showNewRuns: () => {
      const page = newest.data;
      if (page === undefined) return;
      client.setQueryData(runsQuery(query).queryKey, { pages: [page], pageParams: [undefined] });
    },
    hide: (ids) => setRemoved(new Set([...removed, ...ids])),
    refresh: () => void newest.refetch(),
    loadMore,
    loaded: merged.rows.length,
    hasMore: hasNextPage,
    isLoading: list.isPending || list.isPlaceholderData,
    error: list.error,
  };
}

/** A run's own document has no columns of the list. */
const withChange = (run: RunSummary, change: RunSummary | undefined): RunSummary =>
  change === undefined ? run : { ...run, ...change, args: run.args, scalars: run.scalars };
