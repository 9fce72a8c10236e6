import { useQueries } from '@tanstack/react-query';
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { stateQuery } from '../../api/compare.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { CompareGrid } from './compare-grid.tsx';
import { type Change, type GraphRow, graphRows } from './graph-rows.ts';
import type { CompareTabProps } from './tab-props.ts';

const Structure = lazy(() => import('./structure.tsx'));

/**
 * What each run executed, by component: added, removed, slower, now cached, now failing. Below it
 * the structures of two runs: where in the graph their steps differ.
 */
export function GraphTab(props: CompareTabProps): ReactNode {
  const { runs, base } = props;
  const states = useQueries({ queries: runs.map(({ id }) => stateQuery(id)) });
  const components = states.map(({ data }) => data?.components);
  const rows = useMemo(() => graphRows(components, base), [components, base]);
  const failed = states.find(({ error }) => error !== null);
  return (
    <>
      {failed !== undefined && (
        <ErrorPanel error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      <CompareGrid
        {...props}
        label="Graph"
        rows={rows}
        renderCell={(row, index) => <GraphCell row={row} index={index} />}
        empty={states.some(({ isPending }) => isPending) ? 'Loading …' : 'The runs have no steps.'}
      />
      {runs.length > 1 && (
        <Suspense>
          <Structure {...props} />
        </Suspense>
      )}
    </>
  );
}

const CHANGES: Readonly<Record<Change, string>> = {
  same: '',
  added: '+ new',
  removed: '− removed',
  slower: 'slower',
  faster: 'faster',
  cached: 'more cached',
  failing: 'more failures',
};

function GraphCell({ row, index }: { readonly row: GraphRow; readonly index: number }): ReactNode {
  const cell = row.cells[index];
  if (cell === undefined) return null;
  const emphasis = cell.change === 'failing' ? 'text-failed' : 'text-ink';
  return (
    <span className={cell.differs ? '' : 'text-muted'}>
      {cell.text ?? (cell.change === 'removed' ? '' : '–')}{' '}
      {cell.change !== 'same' && (
        <span className={`font-semibold ${emphasis}`}>{CHANGES[cell.change]}</span>
      )}
    </span>
  );
}
