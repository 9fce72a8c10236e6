import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { type SeriesAxis, type SeriesOwner, seriesQuery } from '../../../api/series.ts';

const REFRESH_MS = 5_000;

/** The metrics of an owner by pages. Those that were read are read again while points may be added. */
export function useSeries(owner: SeriesOwner, x: SeriesAxis, isActive: boolean) {
  const series = useInfiniteQuery({
    ...seriesQuery(owner, x),
    // Pages are read one after another: several of them are refreshed less often.
    refetchInterval: ({ state }) =>
      isActive ? REFRESH_MS * Math.max(1, state.data?.pages.length ?? 1) : false,
  });
  const { refetch } = series;
  const wasActive = useRef(isActive);
  useEffect(() => {
    if (wasActive.current && !isActive) void refetch();
    wasActive.current = isActive;
  }, [isActive, refetch]);
  return series;
}
