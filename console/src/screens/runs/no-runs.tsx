import type { ReactNode } from 'react';
import { formatCounted } from '../../format/numbers.ts';
import { commandLine } from '../../forms/command.ts';
import { AppLink } from '../../ui/app-link.tsx';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import type { RunsSearch } from './search.ts';
import type { RunList } from './use-run-list.ts';

/** Replaces the list when it has no rows: none exist, or none match the filter. */
export function NoRuns(props: { readonly list: RunList; readonly search: RunsSearch }): ReactNode {
  const { list, search } = props;
  const { sort: _, cols: __, ...filter } = search;
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (!isFiltered)
    return (
      <EmptyState title="No runs yet" command={commandLine('run', 'pipeline.ts')}>
        Runs appear here while they are executed. <code>npx headrace init</code> writes a first
        pipeline.
      </EmptyState>
    );
  return (
    <EmptyState title="No run matches the filter">
      {search.where !== undefined && (
        <p className="mb-2">
          The conditions were checked for {formatCounted(list.loaded, 'run')}.{' '}
          {list.hasMore && <Button onClick={list.loadMore}>Load more</Button>}
        </p>
      )}
      <AppLink path="runs" className="text-accent underline">
        Show all runs
      </AppLink>
    </EmptyState>
  );
}
