import { type ReactNode, useEffect } from 'react';
import type { SeriesOwner } from '../../../api/series.ts';
import { Button } from '../../../ui/button.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { listOf, type MetricsSearch } from './metrics-search.ts';
import { type ChangeMetrics, MetricsToolbar } from './metrics-toolbar.tsx';
import { SeriesCard } from './series-card.tsx';
import { useSeries } from './use-series.ts';
import { withZoom, zoomOf } from './zoom.ts';

/** A filter finds metrics that were not read yet in so many pages; the user continues from there. */
const MAX_SEARCHED_PAGES = 20;

export const metricKey = (title: string, series: string): string => `${title}/${series}`;

/** Whether the name of a metric contains the text of the filter. */
export const isShown = (
  { m }: MetricsSearch,
  { title, series }: { readonly title: string; readonly series: string },
): boolean => m === undefined || metricKey(title, series).toLowerCase().includes(m.toLowerCase());

/** The metrics of a step, or of the run itself: a chart for each. */
export default function SeriesView(props: {
  readonly owner: SeriesOwner;
  /** Points may be added. */
  readonly isActive: boolean;
  readonly search: MetricsSearch;
  readonly change: ChangeMetrics;
  /** Shown if there are no metrics. */
  readonly empty: ReactNode;
  /** Further fields of the toolbar. */
  readonly children?: ReactNode;
}): ReactNode {
  const { owner, isActive, search, change } = props;
  const x = search.x ?? 'iteration';
  const { data, error, hasNextPage, fetchNextPage, isFetching, isFetchingNextPage } = useSeries(
    owner,
    x,
    isActive,
  );
  const pins = search.pin ?? [];
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const isPinned = ({ title, series }: (typeof all)[number]): boolean =>
    pins.includes(metricKey(title, series));
  const shown = all
    .filter((series) => isShown(search, series))
    .toSorted((one, other) => Number(isPinned(other)) - Number(isPinned(one)));
  const isSearching =
    search.m !== undefined ||
    pins.some((pin) => !all.some(({ title, series }) => metricKey(title, series) === pin));
  useEffect(() => {
    const isEnough = (data?.pages.length ?? 0) >= MAX_SEARCHED_PAGES;
    if (isSearching && hasNextPage && !isEnough && !isFetching && error === null)
      void fetchNextPage();
  }, [isSearching, hasNextPage, isFetching, error, data, fetchNextPage]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <MetricsToolbar search={search} change={change} count={shown.length} hasMore={hasNextPage}>
        {props.children}
      </MetricsToolbar>
      <div className="min-h-0 flex-1 overflow-auto p-3">
        {error !== null && <ErrorPanel error={error} />}
        <div className="grid gap-3 xl:grid-cols-2">
          {shown.map((series) => {
            const key = metricKey(series.title, series.series);
            return (
              <SeriesCard
                key={`${series.call ?? ''} ${key}`}
                owner={owner}
                series={series}
                x={x}
                weight={Math.min(99, search.smooth ?? 0) / 100}
                isLogarithmic={search.scale === 'log'}
                isPinned={pins.includes(key)}
                onPin={() =>
                  change({
                    pin: listOf(
                      pins.includes(key) ? pins.filter((each) => each !== key) : [...pins, key],
                    ),
                  })
                }
                range={zoomOf(search.zoom, key)}
                onRange={(range) =>
                  change({ zoom: withZoom(search.zoom, key, range) }, { replace: true })
                }
              />
            );
          })}
          {data !== undefined && all.length === 0 && props.empty}
        </div>
        {hasNextPage && (
          <div className="mt-3 flex justify-center">
            <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              More metrics
            </Button>
          </div>
        )}
      </div>
    </div>
  );
}
