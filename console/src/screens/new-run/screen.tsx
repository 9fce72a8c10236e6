import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { RunDocument } from '../../../../src/wire/runs.ts';
import { request } from '../../api/client.ts';
import { versionQuery, versionsQuery } from '../../api/pipelines.ts';
import { visibleText } from '../../format/visible-text.ts';
import { commandLine } from '../../forms/command.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { ChoosePipeline } from './choose-pipeline.tsx';
import { RunForm } from './run-form.tsx';
import type { NewRunSearch } from './search.ts';

/** The form of a new run, or of a rerun of an earlier one. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/new' });
  const earlier = useQuery({
    queryKey: ['run', search.from],
    queryFn: ({ signal }) =>
      request<RunDocument>(`v1/runs/${encodeURIComponent(search.from ?? '')}`, { signal }),
    enabled: search.from !== undefined,
  });
  if (search.from !== undefined && earlier.data === undefined)
    return earlier.error === null ? (
      <Loading />
    ) : (
      <ErrorPanel error={earlier.error} onRetry={() => earlier.refetch()} />
    );
  const project = search.project ?? earlier.data?.project ?? 'default';
  const pipeline = search.pipeline ?? earlier.data?.pipeline;
  if (pipeline === undefined) return <ChoosePipeline />;
  return (
    <FormOfPipeline
      key={`${project}/${pipeline}`}
      project={project}
      pipeline={pipeline}
      earlier={earlier.data}
      search={search}
    />
  );
}

const Loading = () => <p className="p-4 text-muted">Loading …</p>;

function FormOfPipeline(props: {
  readonly project: string;
  readonly pipeline: string;
  readonly earlier: RunDocument | undefined;
  readonly search: NewRunSearch;
}): ReactNode {
  const { project, pipeline, earlier, search } = props;
  const name = { project, pipeline };
  const navigate = useNavigate({ from: '/new' });
  const versions = useInfiniteQuery(versionsQuery(name));
  const known = versions.data?.pages.flatMap((page) => page.items) ?? [];
  const isRerun = search.rerun !== undefined && earlier !== undefined;
  const chosen = search.version ?? (isRerun ? earlier.version : undefined) ?? known[0]?.version;
  const version = useQuery({
    ...versionQuery(name, chosen ?? ''),
    enabled: chosen !== undefined,
  });
  const error = version.error ?? versions.error;
  if (error !== null)
    return (
      <ErrorPanel
        error={error}
        onRetry={() => void Promise.all([versions.refetch(), version.refetch()])}
      />
    );
  if (versions.data !== undefined && known.length === 0)
    return (
      <p className="p-4">
        The project {visibleText(project)} has no pipeline {visibleText(pipeline)}.{' '}
        <code>{commandLine('pipelines', 'list')}</code> prints those that exist.
      </p>
    );
  if (version.data === undefined || chosen === undefined) return <Loading />;
  return (
    <RunForm
      key={`${chosen} ${search.from ?? ''}`}
      document={version.data}
      versions={[...new Set([chosen, ...known.map((each) => each.version)])]}
      latest={known[0]?.version}
      earlier={earlier}
      search={search}
      onVersion={(next) =>
        void navigate({
          from: '/new',
          to: '/new',
          replace: true,
          search: (before) => ({ ...before, version: next }),
        })
      }
    />
  );
}
