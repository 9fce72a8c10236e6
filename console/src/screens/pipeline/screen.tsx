import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RunSummary } from '../../../../src/wire/runs.ts';
import type { Page } from '../../../../src/wire/values.ts';
import { request } from '../../api/client.ts';
import { type VersionSummary, versionQuery, versionsQuery } from '../../api/pipelines.ts';
import { commandLine } from '../../forms/command.ts';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';
import { Time } from '../../ui/time.tsx';
import { LastRuns } from './last-runs.tsx';
import { changesText, versionChanges } from './version-changes.ts';
import { VersionPanel } from './version-panel.tsx';

const SHOWN_RUNS = 30;
/** The versions whose changes are read: each needs the documents of two versions. */
const MAX_COMPARED_VERSIONS = 30;

/** A pipeline: its last runs, and its versions with what changed in each. */
export function Screen(): ReactNode {
  const { project, name } = useParams({ from: '/pipelines/$project/$name' });
  const search = useSearch({ from: '/pipelines/$project/$name' });
  const navigate = useNavigate();
  const pipeline = { project, pipeline: name };
  const runs = useQuery({
    queryKey: ['runs', 'of', project, name],
    queryFn: ({ signal }) =>
      request<Page<RunSummary>>('v1/runs', {
        query: { project, pipeline: name, limit: SHOWN_RUNS },
        signal,
      }),
  });
  const versions = useInfiniteQuery(versionsQuery(pipeline));
  const known = versions.data?.pages.flatMap((page) => page.items) ?? [];
  const changes = useChanges(pipeline, known);
  const columns: readonly GridColumn<VersionSummary>[] = [
    {
      key: 'version',
      title: 'Version',
      width: '110px',
      render: ({ version }) => (
        <Link
          to="/pipelines/$project/$name"
          params={{ project, name }}
          search={{ version }}
          className="font-mono hover:underline"
          title={version}
        >
          {version}
        </Link>
      ),
    },
    {
      key: 'created',
      title: 'Created',
      width: '110px',
      render: ({ createdAt }) => <Time at={createdAt} />,
    },
    {
      key: 'code',
      title: 'Code',
      width: '90px',
      render: ({ codeHash }) => (
        <span className="font-mono text-muted" title={codeHash}>
          {codeHash.slice(0, 8)}
        </span>
      ),
    },
    {
      key: 'changes',
      title: 'Changed since the version before',
      width: 'minmax(240px, 1fr)',
      render: ({ version }) => {
        const text = changes.get(version);
        return text === undefined ? null : <Name text={text === '' ? 'the pipeline' : text} />;
      },
    },
  ];
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <title>{`${name} · Headrace`}</title>
      <ListHeader title={<Name text={name} wrap />}>
        <span className="min-w-0 text-muted">
          <Name text={project} />
        </span>
        <LastRuns runs={runs.data?.items ?? []} />
        <span className="grow" />
        <Link to="/runs" search={{ project, pipeline: name }} className="text-accent underline">
          Runs
        </Link>
        <Link
          to="/new"
          search={{ project, pipeline: name }}
          className="rounded-sm bg-accent px-2.5 py-1 font-medium text-accent-ink"
        >
          New run
        </Link>
      </ListHeader>
      <div className="flex min-h-0 flex-1">
        <div className="flex min-w-0 flex-1 flex-col">
          <DocumentList
            label="Versions"
            query={versions}
            columns={columns}
            rowKey={({ version }) => version}
            isSelected={({ version }) => version === search.version}
            onOpen={({ version }) =>
              void navigate({
                to: '/pipelines/$project/$name',
                params: { project, name },
                search: { version },
              })
            }
            empty={
              <EmptyState
                title="There is no such pipeline"
                command={commandLine('pipelines', 'list')}
              />
            }
          />
        </div>
        {search.version !== undefined && (
          <VersionPanel pipeline={pipeline} version={search.version} />
        )}
      </div>
    </div>
  );
}

/** What changed in each version, by version; empty texts for versions that differ only in logic. */
function useChanges(
  pipeline: { readonly project: string; readonly pipeline: string },
  versions: readonly VersionSummary[],
): ReadonlyMap<string, string> {
  const compared = versions.slice(0, MAX_COMPARED_VERSIONS);
  const documents = useQueries({
    queries: compared.map(({ version }) => versionQuery(pipeline, version)),
  });
  return new Map(
    documents.flatMap(({ data: now }, index) => {
      const before = documents[index + 1]?.data;
      return now === undefined || before === undefined
        ? []
        : [[now.version, changesText(versionChanges(before, now))] as const];
    }),
  );
}
