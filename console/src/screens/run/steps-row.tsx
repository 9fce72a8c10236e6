import type { ReactNode } from 'react';
import { formatDuration } from '../../format/durations.ts';
import { formatCount } from '../../format/numbers.ts';
import { visibleText } from '../../format/visible-text.ts';
import { NO_TIME, type RunColumns } from '../../live/columns.ts';
import { statusOf } from '../../live/statuses.ts';
import { ProgressStrip } from '../../ui/progress-strip.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import { countsOfCodes } from './run-counts.ts';
import { StatusCounts } from './status-counts.tsx';
import { queueMsOf, runMsOf, type StepsRow } from './steps-rows.ts';

/** The columns of a row: selection, name, status, attempts, queue, duration, start, call. */
export const ROW_GRID =
  'grid grid-cols-[2rem_minmax(12rem,1fr)_8.5rem_5rem_6.5rem_6.5rem_8rem_4.5rem] items-center gap-x-2 px-2';

/** Rows are grids, so that only those in view are elements: tables cannot do this. */
const CELL = { role: 'gridcell' } as const;

const textOfMs = (ms: number): string => (ms === NO_TIME ? '' : formatDuration(ms));

/** A component with the numbers of its calls. */
export function ComponentRow(props: {
  readonly row: Extract<StepsRow, { readonly kind: 'component' }>;
  readonly columns: RunColumns;
  readonly onToggle: (component: string) => void;
}): ReactNode {
  const { row, columns, onToggle } = props;
  const name = columns.components[row.component] ?? '';
  const counts = countsOfCodes(row.counts);
  return (
    <>
      <span {...CELL} />
      <span {...CELL} className="flex min-w-0 items-center gap-1">
        <button
          type="button"
          tabIndex={-1}
          aria-expanded={row.isExpanded}
          className="flex min-w-0 items-center gap-1 font-medium"
          title={name}
          onClick={() => onToggle(name)}
        >
          <span aria-hidden="true" className="w-3 text-muted">
            {row.isExpanded ? '▾' : '▸'}
          </span>
          <span className="truncate">{visibleText(name)}</span>
          <span className="text-muted">{`× ${formatCount(row.calls)}`}</span>
        </button>
      </span>
      <span {...CELL} className="col-span-6 flex min-w-0 items-center gap-3">
        <span className="w-30 shrink-0">
          <ProgressStrip counts={counts} />
        </span>
        <span className="flex gap-2 truncate text-sm">
          <StatusCounts counts={counts} />
        </span>
      </span>
    </>
  );
}

/** A call of a component. */
export function CallRow(props: {
  readonly call: number;
  readonly columns: RunColumns;
  readonly now: number;
  readonly isSelected: boolean;
  readonly isChecked: boolean;
  readonly onCheck: () => void;
  readonly onSelect: () => void;
}): ReactNode {
  const { call, columns, now, isSelected, isChecked, onCheck, onSelect } = props;
  const name = columns.nameOf(call);
  const started = columns.started[call] ?? NO_TIME;
  const attempts = columns.attempts[call] ?? 0;
  const waits = columns.waitingFor.get(call);
  return (
    <>
      <span {...CELL}>
        <input
          type="checkbox"
          tabIndex={-1}
          aria-label={`Select ${name}`}
          checked={isChecked}
          onChange={onCheck}
        />
      </span>
      <span {...CELL} className="min-w-0">
        <button
          type="button"
          tabIndex={-1}
          aria-current={isSelected ? 'true' : undefined}
          className="block max-w-full truncate pl-4 text-left hover:underline aria-[current=true]:font-semibold aria-[current=true]:text-accent"
          title={name}
          onClick={onSelect}
        >
          {visibleText(name)}
        </button>
      </span>
      <span {...CELL} title={waits === undefined ? undefined : `waits for ${waits}`}>
        <StatusBadge status={statusOf(columns.status[call] ?? 0)} />
      </span>
      <span {...CELL} className="text-right">
        {attempts === 0 ? '' : attempts}
      </span>
      <span {...CELL} className="text-right">
        {textOfMs(queueMsOf(columns, call, now))}
      </span>
      <span {...CELL} className="text-right">
        {textOfMs(runMsOf(columns, call, now))}
      </span>
      <span {...CELL} className="text-right text-muted">
        {started === NO_TIME ? '' : <Time at={started} />}
      </span>
      <span {...CELL} className="text-right text-muted">
        {call}
      </span>
    </>
  );
}
