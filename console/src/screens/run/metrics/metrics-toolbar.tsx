import type { ReactNode } from 'react';
import { formatCounted } from '../../../format/numbers.ts';
import { FilterField } from '../../../ui/filter-field.tsx';
import { type MetricsSearch, X_AXES } from './metrics-search.ts';

export const SELECT = 'h-7 rounded-sm border border-field bg-surface px-1';
const AXIS_NAMES = { iteration: 'iteration', relative: 'relative time', time: 'time' } as const;

export type ChangeMetrics = (
  patch: Partial<MetricsSearch>,
  options?: { readonly replace?: boolean },
) => void;

/** What is shown of metrics, and how. */
export function MetricsToolbar(props: {
  readonly search: MetricsSearch;
  readonly change: ChangeMetrics;
  readonly count: number;
  /** Further metrics were not read. */
  readonly hasMore?: boolean;
  readonly children?: ReactNode;
}): ReactNode {
  const { search, change, count, hasMore = false, children } = props;
  const smooth = Math.min(99, search.smooth ?? 0);
  return (
    <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-1.5">
      <FilterField
        label="Filter metrics"
        value={search.m}
        onChange={(m) => change({ m }, { replace: true })}
      />
      {children}
      <select
        aria-label="X axis"
        className={SELECT}
        value={search.x ?? 'iteration'}
        onChange={(event) =>
          change({ x: X_AXES.find((each) => each === event.target.value), zoom: undefined })
        }
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
          value={smooth}
          onChange={(event) =>
            change({ smooth: Number(event.target.value) || undefined }, { replace: true })
          }
        />
        <span className="w-8">{(smooth / 100).toFixed(2)}</span>
      </label>
      <label className="flex items-center gap-1.5">
        <input
          type="checkbox"
          checked={search.scale === 'log'}
          onChange={(event) => change({ scale: event.target.checked ? 'log' : undefined })}
        />
        Log scale
      </label>
      <span className="text-muted">
        {`${formatCounted(count, 'metric')}${hasMore ? ', more exist' : ''}`}
      </span>
    </div>
  );
}
