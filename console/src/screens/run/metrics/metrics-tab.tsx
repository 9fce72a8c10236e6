import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { metricNamesQuery, seriesQuery } from '../../../api/series.ts';
import { formatCounted } from '../../../format/numbers.ts';
import { commandLine } from '../../../forms/command.ts';
import { Button } from '../../../ui/button.tsx';
import { EmptyState } from '../../../ui/empty-state.tsx';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { FilterField } from '../../../ui/filter-field.tsx';
import { isActive } from '../run-names.ts';
import { X_AXES } from '../search.ts';
import type { TabProps } from '../tab-props.ts';
import { MembersCard } from './members-card.tsx';
import { SeriesCard } from './series-card.tsx';

const REFRESH_MS = 5_000;
const SELECT = 'h-7 rounded-sm border border-field bg-surface px-1';
const AXIS_NAMES = { iteration: 'iteration', relative: 'relative time', time: 'time' } as const;

/** A number that changes every few seconds while points may be added. */
function useRefresh(isActive: boolean): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!isActive) return;
    const timer = setInterval(() => {
      if (!document.hidden) setCount((before) => before + 1);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [isActive]);
  return count;
}

/** The metrics of the selected step, of a component's calls, or of the run. */
export default function MetricsTab({ run, live, search, change }: TabProps): ReactNode {
  const { columns } = live.feed;
  const x = search.x ?? 'iteration';
  const weight = Math.min(99, search.smooth ?? 0) / 100;
  const isLogarithmic = search.scale === 'log';
  const { component, step } = search;
  const call = component === undefined ? (step ?? null) : null;
  const refresh = useRefresh(isActive(run.status));
  const owner = { run: run.id, call };
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    ...seriesQuery(owner, x, String(refresh)),
    enabled: component === undefined,
  });
  const names = useQuery({
    ...metricNamesQuery(run.id, component ?? ''),
    enabled: component !== undefined,
  });
  const pins = search.pin ?? [];
  const filter = search.m?.toLowerCase();
  const matches = (title: string, series: string): boolean =>
    filter === undefined || `${title}/${series}`.toLowerCase().includes(filter);
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const keyOf = (title: string, series: string): string => `${title}/${series}`;
  const shown = all
    .filter(({ title, series }) => matches(title, series))
    .toSorted(
      (one, other) =>
        Number(pins.includes(keyOf(other.title, other.series))) -
        Number(pins.includes(keyOf(one.title, one.series))),
    );
  const problem = component === undefined ? error : names.error;
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-1.5">
        <FilterField
          label="Filter metrics"
          value={search.m ?? ''}
          onChange={(text) => change({ m: text === '' ? undefined : text }, { replace: true })}
        />
        <select
          aria-label="Metrics of"
          className={`${SELECT} max-w-60`}
          value={component ?? ''}
          onChange={(event) => change({ component: event.target.value || undefined })}
        >
          <option value="">
            {call === null
              ? 'the run'
              : call < columns.known
                ? columns.nameOf(call)
                : `step ${call}`}
          </option>
          {columns.components.map((name) => (
            <option key={name} value={name}>
              {`all calls of ${name}`}
            </option>
          ))}
        </select>
        <select
          aria-label="X axis"
          className={SELECT}
          value={x}
          onChange={(event) => change({ x: X_AXES.find((each) => each === event.target.value) })}
        >
          {X_AXES.map((axis) => (
            <option key={axis} value={axis}>
              {AXIS_NAMES[axis]}
            </option>
          ))}
        </select>
        <label className="flex items-center gap-1.5">
          Smoothing
          <input
            type="range"
            min={0}
            max={99}
            value={Math.round(weight * 100)}
            onChange={(event) =>
              change({ smooth: Number(event.target.value) || undefined }, { replace: true })
            }
          />
          <span className="w-8">{weight.toFixed(2)}</span>
        </label>
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={isLogarithmic}
            onChange={(event) => change({ scale: event.target.checked ? 'log' : undefined })}
          />
          Log scale
        </label>
        <span className="text-muted">
          {formatCounted(
            component === undefined ? shown.length : (names.data?.items.length ?? 0),
            'metric',
          )}
        </span>
      </div>
      <div className="min-h-0 flex-1 overflow-auto p-3">
        {problem !== null && <ErrorPanel error={problem} />}
        {component !== undefined ? (
          <div className="grid gap-3 xl:grid-cols-2">
            {names.data?.items
              .filter(({ title, series }) => matches(title, series))
              .map((metric) => (
                <MembersCard
                  key={keyOf(metric.title, metric.series)}
                  run={run.id}
                  component={component}
                  metric={metric}
                  columns={columns}
                  isLogarithmic={isLogarithmic}
                  onSelect={(selected) => change({ step: selected })}
                />
              ))}
            {names.data?.items.length === 0 && (
              <NoMetrics text={`No call of ${component} has reported a metric.`} run={run.id} />
            )}
          </div>
        ) : (
          <div className="grid gap-3 xl:grid-cols-2">
            {shown.map((series) => (
              <SeriesCard
                key={`${series.call ?? ''} ${keyOf(series.title, series.series)}`}
                owner={owner}
                series={series}
                x={x}
                weight={weight}
                isLogarithmic={isLogarithmic}
                isPinned={pins.includes(keyOf(series.title, series.series))}
                onPin={() => change({ pin: toggled(pins, keyOf(series.title, series.series)) })}
              />
            ))}
            {data !== undefined && all.length === 0 && (
              <NoMetrics
                text={
                  call === null
                    ? 'The run itself has no metrics. Select a step, or all calls of a component.'
                    : 'The step has reported no metrics.'
                }
                run={run.id}
              />
            )}
          </div>
        )}
        {hasNextPage && component === undefined && (
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

function NoMetrics(props: { readonly text: string; readonly run: string }): ReactNode {
  return (
    <EmptyState title={props.text} command={commandLine('runs', 'metrics', props.run)}>
      <code>currentStep().logger.reportScalar(title, series, value, iteration)</code> reports one.
    </EmptyState>
  );
}

function toggled(list: readonly string[], item: string): readonly string[] | undefined {
  const next = list.includes(item) ? list.filter((each) => each !== item) : [...list, item];
  return next.length === 0 ? undefined : next;
}
