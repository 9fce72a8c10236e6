import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import { formatCounted } from '../../format/numbers.ts';
import { AppLink, useOpen } from '../../ui/app-link.tsx';
import { Button } from '../../ui/button.tsx';
import { DataGrid, type GridColumn, ROW_HEIGHT } from '../../ui/data-grid.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useCommands } from '../../ui/keyboard.ts';
import { useMediaQuery } from '../../ui/media-query.ts';
import { Name } from '../../ui/name.tsx';
import { useSettings } from '../../ui/settings.ts';
import {
  cardColumn,
  columnsOf,
  nameColumn,
  runNameText,
  statusColumn,
  USUAL_COLUMNS,
} from './columns.tsx';
import type { RunsSearch } from './search.ts';
import { type RunList, useRunList } from './use-run-list.ts';

// What the first view of the list does not need is loaded after it.
const later = () => import('./later.ts');
const Toolbar = lazy(async () => ({ default: (await later()).Toolbar }));
const NoRuns = lazy(async () => ({ default: (await later()).NoRuns }));
const SelectionBar = lazy(async () => ({ default: (await later()).SelectionBar }));

const GROUP = 'Runs';
const CARD_HEIGHT = 60;

/** All runs, newest first. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/runs' });
  const navigate = useNavigate({ from: '/runs' });
  const list = useRunList(search);
  const columns = search.cols ?? USUAL_COLUMNS;

  return (
    <>
      <title>Runs · Headrace</title>
      <header className="flex min-h-12 flex-wrap items-start gap-x-3 gap-y-2 border-b border-line px-4 py-2.5">
        <h1 className="text-lg font-semibold">Runs</h1>
        <Suspense fallback={<span className="flex-1" />}>
          <Toolbar
            search={search}
            columns={columns}
            runs={list.rows}
            onChange={(next) => void navigate({ search: next })}
          />
        </Suspense>
        <AppLink
          path="new"
          className="inline-flex h-7 items-center rounded-sm border border-accent bg-accent px-2.5 font-medium text-accent-ink hover:opacity-90"
        >
          New run
        </AppLink>
      </header>
      <NewRuns list={list} />
      <Rows list={list} search={search} columns={columns} />
    </>
  );
}

function NewRuns(props: { readonly list: RunList }): ReactNode {
  const { newRuns, showNewRuns } = props.list;
  return (
    <div role="status">
      {newRuns > 0 && (
        <p className="border-b border-line px-4 py-1.5 text-muted">
          {formatCounted(newRuns, 'new run')}.{' '}
          <button type="button" className="text-accent underline" onClick={showNewRuns}>
            Show {newRuns === 1 ? 'it' : 'them'}
          </button>
        </p>
      )}
    </div>
  );
}

function Rows(props: {
  readonly list: RunList;
  readonly search: RunsSearch;
  readonly columns: readonly string[];
}): ReactNode {
  const { list, search, columns } = props;
  const { rows } = list;
  const { density } = useSettings();
  const isPhone = useMediaQuery('(max-width: 639px)');
  const open = useOpen();
  const [currentId, setCurrentId] = useState<string>();
  const [selectedIds, setSelectedIds] = useState<ReadonlySet<string>>(new Set());
  const current = rows.findIndex(({ id }) => id === currentId);
  const selected = rows.filter(({ id }) => selectedIds.has(id));
  const toggle = useCallback((id: string) => {
    setSelectedIds((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  const move = (by: number) =>
    setCurrentId(rows[Math.max(0, Math.min(rows.length - 1, current + by))]?.id);

  useCommands([
    { label: 'Next run', group: GROUP, keys: ['j'], run: () => move(1), inPalette: false },
    { label: 'Previous run', group: GROUP, keys: ['k'], run: () => move(-1), inPalette: false },
    {
      label: 'Select the run',
      group: GROUP,
      keys: ['x'],
      run: () => currentId !== undefined && toggle(currentId),
      inPalette: false,
    },
    {
      label: 'Open the run',
      group: GROUP,
      keys: ['Enter'],
      run: () => currentId !== undefined && open(`runs/${currentId}`),
      inPalette: false,
    },
  ]);

  const gridColumns = useMemo(
    () => [
      selectColumn(selectedIds, toggle),
      ...(isPhone ? [cardColumn] : [statusColumn, nameColumn, ...columnsOf(columns)]),
    ],
    [columns, isPhone, selectedIds, toggle],
  );

  if (list.error !== null && list.loaded === 0)
    return (
      <div className="p-4">
        <ErrorPanel error={list.error} onRetry={list.refresh} />
      </div>
    );
  if (list.isLoading && list.loaded === 0)
    return <p className="p-4 text-muted">Loading the runs …</p>;
  if (rows.length === 0)
    return (
      <Suspense>
        <NoRuns list={list} search={search} />
      </Suspense>
    );
  return (
    <>
      <DataGrid
        label="Runs"
        columns={gridColumns}
        rows={rows}
        rowKey={({ id }) => id}
        rowHeight={isPhone ? CARD_HEIGHT : ROW_HEIGHT[density]}
        current={current}
        onCurrent={(index) => setCurrentId(rows[index]?.id)}
        onOpen={({ id }) => open(`runs/${id}`)}
        isSelected={({ id }) => selectedIds.has(id)}
        detail={errorLine}
        onEnd={list.loadMore}
        minWidth={isPhone ? 0 : 760}
      />
      {search.where !== undefined && (
        <p className="flex items-center gap-2 border-t border-line px-4 py-1.5 text-sm text-muted">
          {formatCounted(rows.length, 'run')} of the {formatCounted(list.loaded, 'loaded one')}{' '}
          fulfil the conditions, which are checked here.
          {list.hasMore && <Button onClick={list.loadMore}>Load more</Button>}
        </p>
      )}
      {selected.length > 0 && (
        <Suspense>
          <SelectionBar
            selected={selected}
            onClear={() => setSelectedIds(new Set())}
            onChanged={list.refresh}
            onRemoved={list.hide}
          />
        </Suspense>
      )}
    </>
  );
}

const errorLine = ({ status, errorMessage }: RunSummary): ReactNode =>
  status === 'failed' && errorMessage !== null ? (
    <span className="flex min-w-0 gap-2 pl-7 text-failed">
      <span aria-hidden="true">↳</span>
      <Name text={errorMessage} />
    </span>
  ) : null;

const selectColumn = (
  selected: ReadonlySet<string>,
  toggle: (id: string) => void,
): GridColumn<RunSummary> => ({
  key: 'select',
  title: <span className="sr-only">Selected</span>,
  width: '16px',
  render: (run) => (
    <input
      type="checkbox"
      tabIndex={-1}
      className="block"
      aria-label={`Select ${runNameText(run)}`}
      checked={selected.has(run.id)}
      onChange={() => toggle(run.id)}
    />
  ),
});
