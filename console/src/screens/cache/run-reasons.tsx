import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { StepDocument } from '../../../../src/wire/steps.ts';
import { runStepsQuery } from '../../api/lists.ts';
import { cacheQuery } from '../../api/steps.ts';
import { commandLine } from '../../forms/command.ts';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Name } from '../../ui/name.tsx';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { reasonText } from './reason-text.ts';

/** For each step of a run: the decision of the cache, and its reason. */
export function RunReasons({ run }: { readonly run: string | undefined }): ReactNode {
  if (run === undefined)
    return (
      <EmptyState title="No run is chosen" command={commandLine('runs', 'why', 'RUN')}>
        Enter the id of a run.
      </EmptyState>
    );
  return <Reasons key={run} run={run} />;
}

function Reasons({ run }: { readonly run: string }): ReactNode {
  const columns: readonly GridColumn<StepDocument>[] = [
    {
      key: 'step',
      title: 'Step',
      width: 'minmax(140px, 0.6fr)',
      render: ({ name }) => <Name text={name} className="font-semibold" />,
    },
    {
      key: 'status',
      title: 'Status',
      width: '120px',
      render: ({ status }) => <StatusBadge status={status} />,
    },
    {
      key: 'reason',
      title: 'Reason',
      width: 'minmax(360px, 2fr)',
      render: ({ call }) => <Reason run={run} call={call} />,
    },
  ];
  return (
    <DocumentList
      label="Decisions of the cache"
      query={useInfiniteQuery(runStepsQuery(run))}
      columns={columns}
      rowKey={({ call, status }) => `${call} ${status}`}
      onOpen={() => undefined}
      empty={<EmptyState title="The run has no steps yet" />}
    />
  );
}

/** Requested only for rows that are in the page. */
function Reason({ run, call }: { readonly run: string; readonly call: number }): ReactNode {
  const { data, error } = useQuery(cacheQuery(run, call, ''));
  if (data === undefined)
    return <span className="text-muted">{error === null ? '…' : error.message}</span>;
  return <Name text={reasonText(data)} />;
}
