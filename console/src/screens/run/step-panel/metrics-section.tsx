import { Link } from '@tanstack/react-router';
import { type ReactNode, useMemo } from 'react';
import type { SeriesDocument } from '../../../../../src/wire/series.ts';
import { LineChart } from '../../../charts/line-chart.tsx';
import { formatMetric } from '../../../format/numbers.ts';
import { Name } from '../../../ui/name.tsx';
import { Section } from '../../../ui/section.tsx';
import { chartColumns, chartOf, metricName } from '../metrics/smoothing.ts';
import { useSeries } from '../metrics/use-series.ts';

const SHOWN = 4;

/** The first metrics of a step as small charts. */
export default function MetricsSection(props: {
  readonly run: string;
  readonly call: number;
  readonly isActive: boolean;
}): ReactNode {
  const { run, call, isActive } = props;
  const { data } = useSeries({ run, call }, 'iteration', isActive);
  // While another step is read, the data are those of the one before.
  const items = data?.pages[0]?.items.filter((each) => each.call === call) ?? [];
  if (items.length === 0) return null;
  return (
    <Section title="Metrics">
      <div className="flex flex-col gap-2">
        {items.slice(0, SHOWN).map((series) => (
          <SmallChart key={`${series.title}/${series.series}`} series={series} />
        ))}
      </div>
      <Link
        to="/runs/$run/steps/$call"
        params={{ run, call: String(call) }}
        search={{ tab: 'metrics' }}
        className="text-accent underline"
      >
        {items.length > SHOWN ? 'All metrics' : 'Larger charts'}
      </Link>
    </Section>
  );
}

function SmallChart({ series }: { readonly series: SeriesDocument }): ReactNode {
  const name = metricName(series);
  const last = formatMetric(series.last);
  const chart = useMemo(
    () => chartOf(chartColumns(series, { weight: 0, isLogarithmic: false }), { hasRaw: false }),
    [series],
  );
  return (
    <div>
      <p className="flex gap-2">
        <span className="min-w-0 flex-1 truncate">
          <Name text={name} />
        </span>
        <span className="text-muted">{`last ${last}`}</span>
      </p>
      {series.count > 1 && (
        <LineChart
          {...chart}
          label={`${name}, last ${last}`}
          axis="iteration"
          isLogarithmic={false}
          cursor="panel"
          height={96}
        />
      )}
    </div>
  );
}
