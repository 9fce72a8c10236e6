import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { type PipelineSummary, pipelinesQuery } from '../../api/pipelines.ts';
import { commandLine } from '../../forms/command.ts';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ProjectFilter } from '../../ui/filter-field.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';

const COLUMNS: readonly GridColumn<PipelineSummary>[] = [
  {
    key: 'name',
    title: 'Pipeline',
    width: 'minmax(220px, 2fr)',
    render: ({ project, name }) => (
      <Link
        to="/pipelines/$project/$name"
        params={{ project, name }}
        className="font-semibold hover:underline"
      >
        <Name text={name} />
      </Link>
    ),
  },
  {
    key: 'project',
    title: 'Project',
    width: 'minmax(140px, 1fr)',
    render: ({ project }) => <Name text={project} />,
  },
  {
    key: 'latest',
    title: 'Latest version',
    width: '130px',
    render: ({ latest }) => <Name text={latest} className="font-mono" />,
  },
  {
    key: 'start',
    title: 'Start',
    width: '150px',
    align: 'end',
    render: ({ project, name }) => (
      <Link
        to="/new"
        search={{ project, pipeline: name }}
        className="text-accent underline"
        aria-label={`New run of ${name}`}
      >
        New run
      </Link>
    ),
  },
];

/** All registered pipelines. */
export function Screen(): ReactNode {
  const { project } = useSearch({ from: '/pipelines' });
  const navigate = useNavigate();
  return (
    <>
      <ListHeader title="Pipelines">
        <ProjectFilter
          value={project}
          onChange={(next) => void navigate({ to: '/pipelines', search: { project: next } })}
        />
      </ListHeader>
      <DocumentList
        label="Pipelines"
        query={useInfiniteQuery(pipelinesQuery(project))}
        columns={COLUMNS}
        rowKey={({ project: of, name }) => `${of}/${name}`}
        onOpen={({ project: of, name }) =>
          void navigate({ to: '/pipelines/$project/$name', params: { project: of, name } })
        }
        empty={
          <EmptyState title="No pipeline is registered" command={commandLine('run', 'FILE')}>
            A pipeline is registered when it runs for the first time.
          </EmptyState>
        }
      />
    </>
  );
}
