import { useQueries } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { SeriesPage } from '../../../../src/wire/series.ts';
import type { ComparedRun } from '../../../../src/wire/summaries.ts';
import { request } from '../../api/client.ts';
import { type ChartLine, LineChart } from '../../charts/line-chart.tsx';
import { type LineStyle, lineStyles } from '../../charts/line-styles.ts';
import { useWasVisible } from '../../charts/use-was-visible.ts';
import { formatCounted } from '../../format/numbers.ts';
import { colorOf, useColorScheme } from '../../ui/color-scheme.ts';
import { FilterField } from '../../ui/filter-field.tsx';
import { Name } from '../../ui/name.tsx';
import { type MetricName, metricKey, metricsOf } from './comparison.ts';
import type { CompareTabProps } from './tab-props.ts';

/** A chart for each metric, with a line for each run. */
export default function ChartsTab({ runs, search, onChange }: CompareTabProps): ReactNode {
  const styles = useMemo(() => lineStyles(runs.map(({ id }) => id)), [runs]);
  const filter = search.m?.toLowerCase() ?? '';
  const axis = search.x ?? 'iteration';
  const metrics = metricsOf(runs).filter((metric) =>
    labelOf(metric).toLowerCase().includes(filter),
  );
  return (
    <>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1 border-b border-line px-4 py-1.5">
        <FilterField label="Filter" value={search.m} onChange={(m) => onChange({ m })} />
        <label className="inline-flex items-center gap-1.5">
          x
          <select
            className="field"
            value={axis}
            onChange={({ target }) =>
              onChange({ x: target.value === 'relative' ? 'relative' : undefined })
            }
          >
            <option value="iteration">iteration</option>
            <option value="relative">relative time</option>
          </select>
        </label>
        <label className="inline-flex items-center gap-1.5">
          <input
            type="checkbox"
            checked={search.scale === 'log'}
            onChange={({ target }) => onChange({ scale: target.checked ? 'log' : undefined })}
          />
          log scale
        </label>
        <Legend runs={runs} styles={styles} />
      </div>
      <div className="min-h-0 flex-1 overflow-auto p-4">
        {metrics.length === 0 ? (
          <p className="text-muted">
            {filter === '' ? 'The runs have no metrics.' : 'No metric fits the filter.'}
          </p>
        ) : (
          <ul className="grid grid-cols-[repeat(auto-fill,minmax(420px,1fr))] gap-4">
            {metrics.map((metric) => (
              <li key={metricKey(metric)}>
                <MetricCard
                  metric={metric}
                  runs={runs}
                  styles={styles}
                  axis={axis}
                  isLogarithmic={search.scale === 'log'}
                />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  );
}

const labelOf = ({ step, title, series }: MetricName): string =>
  `${step === null ? '' : `${step} `}${title}/${series}`;

/** Which line is which run. */
function Legend(props: {
  readonly runs: readonly ComparedRun[];
  readonly styles: ReadonlyMap<string, LineStyle>;
}): ReactNode {
  const scheme = useColorScheme();
  return (
    <ul className="flex max-h-16 flex-wrap gap-x-3 overflow-auto text-sm" aria-label="Lines">
      {props.runs.map(({ id, number }) => {
        const style = props.styles.get(id);
        return (
          <li key={id} className="inline-flex items-center gap-1.5">
            <svg width="22" height="8" aria-hidden="true">
              <line
                x1="0"
                x2="22"
                y1="4"
                y2="4"
                strokeWidth="2"
                strokeDasharray={style?.dash.join(' ')}
                stroke={colorOf(style?.color ?? 'line-1', scheme)}
              />
            </svg>
            #{number}
          </li>
        );
      })}
    </ul>
  );
}

const POINTS = 600;

function MetricCard(props: {
  readonly metric: MetricName;
  readonly runs: readonly ComparedRun[];
  readonly styles: ReadonlyMap<string, LineStyle>;
  readonly axis: 'iteration' | 'relative';
  readonly isLogarithmic: boolean;
}): ReactNode {
  const { metric, runs, styles, axis, isLogarithmic } = props;
  const [host, isVisible] = useWasVisible();
  const owners = useMemo(
    () =>
      runs.flatMap(({ id, scalars }) => {
        const scalar = scalars.find((each) => metricKey(each) === metricKey(metric));
        return scalar === undefined ? [] : [{ id, call: scalar.call }];
      }),
    [runs, metric],
  );
  const results = useQueries({
    queries: owners.map(({ id, call }) => ({
      queryKey: ['series', 'compared', id, call, metric.title, metric.series, axis],
      queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
        request<SeriesPage>(
          `v1/runs/${encodeURIComponent(id)}/${call === null ? '' : `steps/${call}/`}series`,
          {
            query: { title: metric.title, series: metric.series, x: axis, points: POINTS },
            signal,
          },
        ),
      enabled: isVisible,
      staleTime: 60_000,
    })),
    combine: (all) => ({
      pages: all.map(({ data }) => data),
      error: all.find(({ error }) => error !== null)?.error ?? null,
    }),
  });
  const lines = useMemo(
    () =>
      owners.flatMap(({ id }, index): ChartLine[] => {
        const series = results.pages[index]?.items[0];
        const style = styles.get(id);
        return series === undefined || style === undefined
          ? []
          : [
              {
                ...style,
                name: `#${runs.find((run) => run.id === id)?.number}`,
                x: series.x,
                y: series.y,
                spansGaps: true,
              },
            ];
      }),
    [owners, results.pages, styles, runs],
  );
  const reduced = results.pages.filter((page) => page?.items[0]?.exact === false).length;
  return (
    <figure ref={host} className="rounded-md border border-line bg-surface p-2">
      <figcaption className="flex gap-2 px-1">
        <span className="min-w-0 grow font-semibold">
          <Name text={labelOf(metric)} />
        </span>
        <span className="shrink-0 text-muted">
          {reduced === 0
            ? formatCounted(owners.length, 'run')
            : `${formatCounted(reduced, 'line')} reduced to ${POINTS} points`}
        </span>
      </figcaption>
      {results.error === null ? (
        <LineChart
          label={`${labelOf(metric)} of ${formatCounted(lines.length, 'run')}`}
          lines={lines}
          axis={axis}
          cursor={`compare ${axis}`}
          height={200}
          isLogarithmic={isLogarithmic}
        />
      ) : (
        <p className="p-2 text-failed">{results.error.message}</p>
      )}
    </figure>
  );
}
