import { type AriaAttributes, type ReactNode, useEffect, useMemo, useState } from 'react';
import { formatCount } from '../../format/numbers.ts';
import { commandLine } from '../../forms/command.ts';
import { codeOf, STATUSES } from '../../live/statuses.ts';
import { useNow } from '../../ui/clock.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterField } from '../../ui/filter-field.tsx';
import { Name } from '../../ui/name.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { useRowWindow } from '../../ui/use-row-window.ts';
import { isActive } from './run-names.ts';
import { onRowKey } from './steps-keys.ts';
import { CallRow, ComponentRow, ROW_GRID } from './steps-row.tsx';
import {
  numbersOfRange,
  orderOf,
  orderText,
  type StepColumn,
  type StepsRow,
  selectedCalls,
  stepsRows,
  toggled,
} from './steps-rows.ts';
import { SelectionBar } from './steps-selection.tsx';
import type { TabProps } from './tab-props.ts';

const ROW_HEIGHT = 28;
/** The parts of a tree grid whose rows are drawn only in view: a table cannot do this. */
const rowProps = (index: number, more: AriaAttributes = {}) => ({
  role: 'row',
  'aria-rowindex': index,
  ...more,
});
const headerProps = (more: AriaAttributes) => ({ role: 'columnheader', ...more });
const ROW_GROUP = { role: 'rowgroup' } as const;
const HEADER_HEIGHT = 28;
/** Runs with at most this many selected steps are shown expanded. */
const EXPANDED_UP_TO = 200;

const HEADS: readonly (readonly [StepColumn, string])[] = [
  ['name', 'Step'],
  ['status', 'Status'],
  ['attempts', 'Attempts'],
  ['queue', 'Queued'],
  ['duration', 'Duration'],
  ['start', 'Start'],
  ['call', 'Call'],
];

/** All steps of a run: components with their calls, as a tree grid. */
export function StepsTab({ run, live, search, change }: TabProps): ReactNode {
  const { feed, version } = live;
  const { columns } = feed;
  const [checked, setChecked] = useState<ReadonlySet<number>>(new Set());
  const now = useNow(1_000, isActive(run.status));
  const order = orderOf(search.sort);
  // The times of calls that are made later are in the documents of changes.
  const needsTimes = columns.known > 0 && columns.timed === 0;
  useEffect(() => {
    if (needsTimes) feed.loadTimings().catch(() => undefined);
  }, [feed, needsTimes]);
  const { status, component, calls, find, open, closed } = search;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the columns change with their version
  const selected = useMemo(
    () =>
      selectedCalls(columns, {
        statuses: new Set(status?.map(codeOf)),
        component,
        calls: numbersOfRange(calls),
        find,
      }),
    [columns, version, status, component, calls, find],
  );
  const isOpen = (name: string): boolean =>
    open?.includes(name) === true ||
    (closed?.includes(name) !== true && (name === component || selected.length <= EXPANDED_UP_TO));
  const rows = stepsRows(columns, selected, order, isOpen, now);
  const sortBy = (column: StepColumn) =>
    change({
      sort: orderText({ column, descends: order.column === column && !order.descends }),
    });
  const toggle = (call: number) => {
    const next = new Set(checked);
    if (!next.delete(call)) next.add(call);
    setChecked(next);
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b border-line px-4 py-1.5">
        <FilterField
          label="Find in names"
          value={find}
          onChange={(text) => change({ find: text }, { replace: true })}
        />
        <StatusFilter
          selected={status ?? []}
          onChange={(next) => change({ status: next.length === 0 ? undefined : next })}
        />
        {component !== undefined && (
          <Chip text={`component ${component}`} onRemove={() => change({ component: undefined })} />
        )}
        {calls !== undefined && (
          <Chip text={`calls ${calls}`} onRemove={() => change({ calls: undefined })} />
        )}
        <span className="text-muted" aria-live="polite">
          {selected.length === columns.known
            ? `${formatCount(columns.known)} steps`
            : `${formatCount(selected.length)} of ${formatCount(columns.known)} steps`}
        </span>
      </div>
      {selected.length === 0 ? (
        <EmptyState
          title={columns.known === 0 ? 'The run has no steps yet.' : 'No step matches the filters.'}
          {...(columns.known === 0 && { command: commandLine('runs', 'watch', run.id) })}
        />
      ) : (
        <Grid
          rows={rows}
          order={search.sort}
          onSort={sortBy}
          current={rows.findIndex((row) => row.kind === 'call' && row.call === search.step)}
          render={(row) =>
            row.kind === 'component' ? (
              <ComponentRow
                row={row}
                columns={columns}
                onToggle={(name) =>
                  change(toggled(search, name, !row.isExpanded), { replace: true })
                }
              />
            ) : (
              <CallRow
                call={row.call}
                columns={columns}
                now={now}
                isSelected={row.call === search.step}
                isChecked={checked.has(row.call)}
                onCheck={() => toggle(row.call)}
                onSelect={() => change({ step: row.call, attempt: undefined })}
              />
            )
          }
        />
      )}
      {checked.size > 0 && (
        <SelectionBar
          run={run.id}
          columns={columns}
          calls={[...checked].sort((one, other) => one - other)}
          onClear={() => setChecked(new Set())}
        />
      )}
    </div>
  );
}

function Grid(props: {
  readonly rows: readonly StepsRow[];
  readonly order: string | undefined;
  readonly onSort: (column: StepColumn) => void;
  /** The index of the row whose step is selected; -1: none. */
  readonly current: number;
  readonly render: (row: StepsRow) => ReactNode;
}): ReactNode {
  const { rows, order, onSort, current, render } = props;
  const { column: sorted, descends } = orderOf(order);
  const view = useRowWindow({ count: rows.length, rowHeight: ROW_HEIGHT, overscan: 20 });
  const [active, setActive] = useState(0);
  const stop = Math.max(view.rows[0]?.index ?? 0, Math.min(active, view.rows.at(-1)?.index ?? 0));
  const focusProps = (index: number) => ({
    tabIndex: index === stop ? 0 : -1,
    onFocus: () => setActive(index),
    onKeyDown: onRowKey,
  });
  const { element } = view;
  useEffect(() => {
    if (current < 0 || element === null) return;
    setActive(current);
    const top = current * ROW_HEIGHT;
    const least = top + ROW_HEIGHT + HEADER_HEIGHT - element.clientHeight;
    element.scrollTop = Math.max(least, Math.min(element.scrollTop, top));
  }, [current, element]);
  return (
    <div ref={view.ref} className="min-h-0 flex-1 overflow-auto">
      <div role="treegrid" aria-label="Steps" aria-rowcount={rows.length + 1} className="min-w-230">
        <div
          {...rowProps(1)}
          className={`sticky top-0 z-10 border-b border-line bg-surface ${ROW_GRID}`}
        >
          <span {...headerProps({})}>
            <span className="sr-only">Selected</span>
          </span>
          {HEADS.map(([column, label]) => (
            <span
              key={column}
              {...headerProps({
                'aria-sort': sorted !== column ? 'none' : descends ? 'descending' : 'ascending',
              })}
            >
              <button
                type="button"
                className="text-xs font-medium tracking-wide text-muted uppercase hover:text-ink"
                onClick={() => onSort(column)}
              >
                {label}
                {sorted === column && <span aria-hidden="true">{descends ? ' ↓' : ' ↑'}</span>}
              </button>
            </span>
          ))}
        </div>
        <div {...ROW_GROUP} className="relative" style={{ height: view.height }}>
          {view.rows.map(({ index, start }) => {
            const row = rows[index];
            if (row === undefined) return null;
            return (
              <div
                key={row.kind === 'call' ? row.call : `c${row.component}`}
                {...rowProps(index + 2, {
                  'aria-level': row.kind === 'call' ? 2 : 1,
                  'aria-expanded': row.kind === 'component' ? row.isExpanded : undefined,
                })}
                {...focusProps(index)}
                className={`absolute inset-x-0 h-7 scroll-mt-8 border-b border-line -outline-offset-2 hover:bg-raised ${ROW_GRID}`}
                style={{ transform: `translateY(${start}px)` }}
              >
                {render(row)}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function StatusFilter(props: {
  readonly selected: readonly string[];
  readonly onChange: (selected: readonly string[]) => void;
}): ReactNode {
  const { selected, onChange } = props;
  return (
    <fieldset className="flex flex-wrap items-center gap-1">
      <legend className="sr-only">Statuses</legend>
      {STATUSES.map((status) => (
        <label
          key={status}
          className="relative cursor-pointer rounded-sm border border-line px-1.5 has-checked:border-accent has-checked:bg-selected has-focus-visible:outline-2"
        >
          <input
            type="checkbox"
            className="absolute inset-0 cursor-pointer opacity-0"
            checked={selected.includes(status)}
            onChange={(event) =>
              onChange(
                event.target.checked
                  ? [...selected, status]
                  : selected.filter((each) => each !== status),
              )
            }
          />
          <StatusBadge status={status} />
        </label>
      ))}
    </fieldset>
  );
}

function Chip(props: { readonly text: string; readonly onRemove: () => void }): ReactNode {
  return (
    <span className="inline-flex max-w-80 items-center gap-1 rounded-sm border border-accent bg-selected px-1.5">
      <Name text={props.text} />
      <button type="button" aria-label={`Remove the filter ${props.text}`} onClick={props.onRemove}>
        ×
      </button>
    </span>
  );
}
