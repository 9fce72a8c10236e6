import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import type { SeriesDocument } from '../../../../../src/wire/series.ts';
import { type SeriesAxis, type SeriesOwner, seriesPartQuery } from '../../../api/series.ts';
import { type ChartRange, LineChart } from '../../../charts/line-chart.tsx';
import { useWasVisible } from '../../../charts/use-was-visible.ts';
import { formatCount, formatMetric } from '../../../format/numbers.ts';
import { Name } from '../../../ui/name.tsx';
import { chartColumns, chartOf, metricName, pointsText } from './smoothing.ts';

/** A metric: its values in short, and its chart. */
export function SeriesCard(props: {
  readonly owner: SeriesOwner;
  readonly series: SeriesDocument;
  readonly x: SeriesAxis;
  readonly weight: number;
  readonly isLogarithmic: boolean;
  readonly isPinned: boolean;
  readonly onPin: () => void;
  /** The part that is shown in detail; null: all. */
  readonly range: ChartRange | null;
  readonly onRange: (range: ChartRange | null) => void;
}): ReactNode {
  const { owner, series: whole, x, weight, isLogarithmic, isPinned, onPin } = props;
  const { range, onRange } = props;
  const [ref, wasVisible] = useWasVisible();
  const part = useQuery(seriesPartQuery(owner, whole, x, range));
  const shown =
    range === null ? whole : (part.data?.items.find(({ call }) => call === whole.call) ?? whole);
  const chart = useMemo(
    () => chartOf(chartColumns(shown, { weight, isLogarithmic }), { hasRaw: weight > 0 }),
    [shown, weight, isLogarithmic],
  );
  const name = metricName(whole);
  return (
    <article
      ref={ref}
      aria-label={name}
      className="flex min-w-0 flex-col gap-1 rounded-md border border-line bg-surface p-2"
    >
      <h3 className="flex items-baseline gap-2 font-medium">
        <Name text={name} />
        {whole.step !== null && owner.call === null && (
          <Name text={whole.step} className="font-normal text-muted" />
        )}
        <span className="flex-1" />
        <button
          type="button"
          aria-pressed={isPinned}
          className="text-sm font-normal text-muted hover:text-ink aria-pressed:text-accent"
          onClick={onPin}
        >
          {isPinned ? 'pinned' : 'pin'}
        </button>
      </h3>
      <p className="text-sm text-muted">
        {`last ${formatMetric(whole.last)}`}
        {whole.min !== null && ` · min ${formatMetric(whole.min)}`}
        {whole.max !== null && ` · max ${formatMetric(whole.max)}`}
        {` · ${pointsText(shown, formatCount)}`}
        {range !== null && (
          <button
            type="button"
            className="ml-2 text-accent underline"
            onClick={() => onRange(null)}
          >
            Show all
          </button>
        )}
      </p>
      <div className="min-h-45">
        {wasVisible && (
          <LineChart
            label={`${name}, ${pointsText(shown, formatCount)}, last ${formatMetric(whole.last)}`}
            {...chart}
            height={180}
            cursor={x}
            axis={x}
            isLogarithmic={isLogarithmic}
            onZoom={onRange}
          />
        )}
      </div>
      {whole.nonFiniteCount > 0 && (
        <p className="text-sm text-failed">
          {`${formatCount(whole.nonFiniteCount)} not finite: `}
          {whole.nonFinite
            .slice(0, 5)
            .map(([at, value]) => `${value} at ${formatMetric(at)}`)
            .join(', ')}
        </p>
      )}
    </article>
  );
}
