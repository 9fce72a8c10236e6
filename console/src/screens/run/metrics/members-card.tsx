import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { memberScalarsQuery } from '../../../api/series.ts';
import { LineChart } from '../../../charts/line-chart.tsx';
import { formatCounted, formatMetric } from '../../../format/numbers.ts';
import type { RunColumns } from '../../../live/columns.ts';
import { ErrorPanel } from '../../../ui/error-panel.tsx';
import { Name } from '../../../ui/name.tsx';
import { StepLink } from '../step-panel/step-sections.tsx';
import { chartOf, metricName, summarizeMembers } from './smoothing.ts';

/** One metric over all calls of a component: the last values within their minima and maxima. */
export function MembersCard(props: {
  readonly run: string;
  readonly component: string;
  readonly metric: { readonly title: string; readonly series: string };
  readonly columns: RunColumns;
  readonly isLogarithmic: boolean;
  /** Calls may report further values. */
  readonly isActive: boolean;
  readonly onSelect: (call: number) => void;
}): ReactNode {
  const { run, component, metric, columns, isLogarithmic, isActive, onSelect } = props;
  const { data, error } = useQuery(memberScalarsQuery(run, component, metric, isActive));
  const summary = useMemo(() => (data === undefined ? undefined : summarizeMembers(data)), [data]);
  const chart = useMemo(() => {
    if (data === undefined) return undefined;
    const drawable = (value: number | string | null): number | null =>
      typeof value === 'number' && (!isLogarithmic || value > 0) ? value : null;
    const last = data.last.map(drawable);
    return chartOf(
      {
        x: data.calls,
        line: last,
        raw: last,
        low: data.min.map(drawable),
        high: data.max.map(drawable),
      },
      { hasRaw: false, hasPoints: true },
    );
  }, [data, isLogarithmic]);
  const name = metricName(metric);
  return (
    <article
      aria-label={`${name} of all calls of ${component}`}
      className="flex min-w-0 flex-col gap-1 rounded-md border border-line bg-surface p-2"
    >
      <h3 className="font-medium">
        <Name text={name} />
        {data !== undefined && (
          <span className="font-normal text-muted">{` · ${formatCounted(data.calls.length, 'call')}`}</span>
        )}
      </h3>
      {error !== null && <ErrorPanel error={error} />}
      {summary !== undefined && summary.median !== null && (
        <p className="text-sm text-muted">
          {`p5 ${formatMetric(summary.p5 ?? 0)} · median ${formatMetric(summary.median)} · p95 ${formatMetric(summary.p95 ?? 0)}`}
        </p>
      )}
      {chart !== undefined && (
        <LineChart
          label={`${name}: last value by call, with minima and maxima`}
          {...chart}
          height={180}
          cursor="call"
          axis="call"
          isLogarithmic={isLogarithmic}
          onClick={onSelect}
        />
      )}
      {summary !== undefined && (
        <p className="flex flex-wrap gap-x-2 text-sm">
          {summary.outliers.length > 0 && <span className="text-muted">Farthest:</span>}
          {summary.outliers.map((call) => (
            <StepLink key={call} run={run} call={call}>
              <Name text={columns.nameOf(call)} />
            </StepLink>
          ))}
          {summary.nonFinite.length > 0 && <span className="text-failed">Not finite:</span>}
          {summary.nonFinite.slice(0, 5).map((call) => (
            <StepLink key={call} run={run} call={call}>
              <Name text={columns.nameOf(call)} />
            </StepLink>
          ))}
        </p>
      )}
    </article>
  );
}
