import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { summariesQuery } from '../../api/compare.ts';
import { formatCounted } from '../../format/numbers.ts';
import { commandLine } from '../../forms/command.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { TAB_CLASS, Tabs } from '../../ui/tabs.tsx';
import { CodeTab } from './code-tab.tsx';
import { CompareGrid } from './compare-grid.tsx';
import { factRows, metricRows, modelRows, parameterRows, type Row } from './comparison.ts';
import { GraphTab } from './graph-tab.tsx';
import { RunChips } from './run-chips.tsx';
import { COMPARE_TABS, type CompareSearch, type CompareTab, MAX_RUNS, runIdsOf } from './search.ts';
import type { CompareTabProps } from './tab-props.ts';

/** A chunk of its own, because it has the library of charts. */
const ChartsTab = lazy(() => import('./charts-tab.tsx'));

const TITLES: Readonly<Record<CompareTab, string>> = {
  parameters: 'Parameters',
  metrics: 'Metrics',
  charts: 'Charts',
  graph: 'Graph',
  code: 'Code',
  models: 'Models',
};

/** Up to 100 runs beside one another; at first only what differs. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/compare' });
  const navigate = useNavigate();
  const requested = runIdsOf(search);
  const ids = requested.slice(0, MAX_RUNS);
  const { data, error, refetch } = useQuery(summariesQuery(ids));
  const change = (changes: CompareSearch) =>
    void navigate({
      from: '/compare',
      to: '/compare',
      search: (before) => ({ ...before, ...changes }),
    });
  if (ids.length === 0)
    return (
      <>
        <ListHeader title="Compare" />
        <EmptyState
          title="No runs are selected"
          command={commandLine('runs', 'diff', 'RUN', 'RUN')}
        >
          Select runs in the{' '}
          <Link to="/runs" className="text-accent underline">
            list of runs
          </Link>{' '}
          and press <kbd>C</kbd>.
        </EmptyState>
      </>
    );
  if (data === undefined)
    return error === null ? (
      <p className="p-4 text-muted">Loading …</p>
    ) : (
      <ErrorPanel error={error} onRetry={() => refetch()} />
    );
  const tab = search.tab ?? 'parameters';
  const base = Math.max(
    0,
    data.runs.findIndex(({ id }) => id === search.base),
  );
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <header className="border-b border-line px-4 py-3">
        <title>Compare · Headrace</title>
        <h1 className="text-lg font-semibold">Compare {formatCounted(data.runs.length, 'run')}</h1>
        <RunChips runs={data.runs} base={base} ids={ids} onChange={change} />
        {requested.length > MAX_RUNS && (
          <p role="status" className="mt-1 text-failed">
            {`The address names ${requested.length} runs; the first ${MAX_RUNS} are compared.`}
          </p>
        )}
        {data.missing.length > 0 && (
          <p role="status" className="mt-1 text-failed">
            {formatCounted(data.missing.length, 'run')} of this address{' '}
            {data.missing.length === 1 ? 'does' : 'do'} not exist any more:{' '}
            <code>{data.missing.join(', ')}</code>
          </p>
        )}
      </header>
      <div className="flex items-stretch">
        <div className="min-w-0 grow">
          <Tabs label="Parts of the comparison">
            {COMPARE_TABS.map((each) => (
              <Link
                key={each}
                to="/compare"
                search={{ ...search, tab: each }}
                className={TAB_CLASS}
                {...(each === tab && { 'aria-current': 'page' as const })}
              >
                {TITLES[each]}
              </Link>
            ))}
          </Tabs>
        </div>
        <label className="inline-flex items-center gap-1.5 border-b border-line px-4">
          <input
            type="checkbox"
            checked={search.diff !== 'all'}
            onChange={(event) => change({ diff: event.target.checked ? undefined : 'all' })}
          />
          only differences
        </label>
      </div>
      {data.runs.length > 0 && (
        <TabContent
          key={tab}
          tab={tab}
          runs={data.runs}
          base={base}
          search={search}
          onChange={change}
        />
      )}
    </div>
  );
}

function TabContent({ tab, ...props }: CompareTabProps & { readonly tab: CompareTab }): ReactNode {
  switch (tab) {
    case 'charts':
      return (
        <Suspense fallback={<p className="p-4 text-muted">Loading …</p>}>
          <ChartsTab {...props} />
        </Suspense>
      );
    case 'graph':
      return <GraphTab {...props} />;
    case 'code':
      return <CodeTab {...props} />;
    default:
      return <RowsTab tab={tab} {...props} />;
  }
}

const STATISTICS = ['last', 'min', 'max'] as const;

function RowsTab(
  props: CompareTabProps & { readonly tab: 'parameters' | 'metrics' | 'models' },
): ReactNode {
  const { tab, runs, base, search, onChange } = props;
  const statistic = search.stat ?? 'last';
  const rows = useMemo((): readonly Row[] => {
    switch (tab) {
      case 'parameters':
        return [...factRows(runs, base), ...parameterRows(runs, base)];
      case 'metrics':
        return metricRows(runs, base, statistic);
      case 'models':
        return modelRows(runs, base);
    }
  }, [tab, runs, base, statistic]);
  const isCut = runs.some((run) =>
    tab === 'metrics' ? run.hasMoreScalars : tab === 'models' && run.hasMoreModels,
  );
  return (
    <>
      {tab === 'metrics' && (
        <div className="flex items-center gap-4 px-4 py-1.5">
          {STATISTICS.map((each) => (
            <label key={each} className="inline-flex items-center gap-1.5">
              <input
                type="radio"
                name="statistic"
                checked={each === statistic}
                onChange={() => onChange({ stat: each === 'last' ? undefined : each })}
              />
              {each}
            </label>
          ))}
        </div>
      )}
      {isCut && (
        <p className="px-4 py-1 text-muted">
          Some runs have more {tab} than are compared here: those of the run itself and of its first
          50 steps are.
        </p>
      )}
      <CompareGrid {...props} label={TITLES[tab]} rows={rows} empty={EMPTY[tab]} />
    </>
  );
}

const EMPTY = {
  parameters: 'The runs have no parameters.',
  metrics: 'The runs have no metrics. Steps report them with reportScalar.',
  models: 'The runs have no models. Steps store them with uploadModel.',
} as const;
