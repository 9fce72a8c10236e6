import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import {
  type RegisteredModel,
  type RunModel,
  registeredModelsQuery,
  runModelsQuery,
} from '../../api/lists.ts';
import { formatBytes } from '../../format/bytes.ts';
import { commandLine } from '../../forms/command.ts';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterField, ProjectFilter } from '../../ui/filter-field.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';
import { TAB_CLASS, Tabs } from '../../ui/tabs.tsx';
import { Time } from '../../ui/time.tsx';
import { ModelVersions } from './model-versions.tsx';
import type { ModelsSearch } from './search.ts';

/** Registered models with their versions, and all models that runs stored. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/models' });
  const navigate = useNavigate();
  const change = (changes: ModelsSearch) =>
    void navigate({
      from: '/models',
      to: '/models',
      search: (before) => ({ ...before, ...changes }),
    });
  const isOfRuns = search.tab === 'runs';
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ListHeader title="Models">
        <ProjectFilter value={search.project} onChange={(project) => change({ project })} />
        {isOfRuns && (
          <FilterField label="Name" value={search.name} onChange={(name) => change({ name })} />
        )}
      </ListHeader>
      <Tabs label="Models">
        <Link
          to="/models"
          search={{ project: search.project }}
          className={TAB_CLASS}
          {...(!isOfRuns && { 'aria-current': 'page' as const })}
        >
          Registered
        </Link>
        <Link
          to="/models"
          search={{ tab: 'runs', project: search.project }}
          className={TAB_CLASS}
          {...(isOfRuns && { 'aria-current': 'page' as const })}
        >
          Of runs
        </Link>
      </Tabs>
      {isOfRuns ? (
        <RunModels project={search.project} name={search.name} />
      ) : (
        <RegisteredModels search={search} onChange={change} />
      )}
    </div>
  );
}

const REGISTERED_COLUMNS: readonly GridColumn<RegisteredModel>[] = [
  {
    key: 'name',
    title: 'Model',
    width: 'minmax(200px, 2fr)',
    render: ({ project, name }) => (
      <Link to="/models" search={{ project, name }} className="font-semibold hover:underline">
        <Name text={name} />
      </Link>
    ),
  },
  {
    key: 'project',
    title: 'Project',
    width: 'minmax(120px, 1fr)',
    render: ({ project }) => <Name text={project} />,
  },
  {
    key: 'latest',
    title: 'Latest',
    width: '80px',
    align: 'end',
    render: ({ latest }) => latest,
  },
  {
    key: 'published',
    title: 'Published',
    width: '100px',
    align: 'end',
    render: ({ published }) => published ?? <span className="text-muted">none</span>,
  },
];

function RegisteredModels(props: {
  readonly search: ModelsSearch;
  readonly onChange: (changes: ModelsSearch) => void;
}): ReactNode {
  const { search, onChange } = props;
  return (
    <div className="flex min-h-0 flex-1">
      <div className="flex min-w-0 flex-1 flex-col">
        <DocumentList
          label="Registered models"
          query={useInfiniteQuery(
            registeredModelsQuery(search.name === undefined ? search.project : undefined),
          )}
          columns={REGISTERED_COLUMNS}
          rowKey={({ project, name }) => `${project}/${name}`}
          isSelected={({ project, name }) => project === search.project && name === search.name}
          onOpen={({ project, name }) => onChange({ project, name, version: undefined })}
          empty={
            <EmptyState
              title="No model is registered"
              command={commandLine('models', 'publish', 'RUN', '--step', 'STEP')}
            >
              A model that a step stored is registered when it is published.
            </EmptyState>
          }
        />
      </div>
      {search.name !== undefined && search.project !== undefined && (
        <ModelVersions
          project={search.project}
          name={search.name}
          version={search.version}
          onChange={onChange}
        />
      )}
    </div>
  );
}

const RUN_COLUMNS: readonly GridColumn<RunModel>[] = [
  {
    key: 'name',
    title: 'Model',
    width: 'minmax(160px, 1fr)',
    render: ({ name }) => <Name text={name} className="font-semibold" />,
  },
  {
    key: 'framework',
    title: 'Framework',
    width: '110px',
    render: ({ framework }) => (framework === null ? '–' : <Name text={framework} />),
  },
  {
    key: 'size',
    title: 'Size',
    width: '80px',
    align: 'end',
    render: ({ size }) => formatBytes(size),
  },
  {
    key: 'run',
    title: 'Run',
    width: 'minmax(160px, 1fr)',
    render: ({ run }) => (
      <Link to="/runs/$run" params={{ run: run.id }} className="hover:underline">
        <Name text={run.pipeline} /> #{run.number}
      </Link>
    ),
  },
  {
    key: 'step',
    title: 'Step',
    width: 'minmax(120px, 1fr)',
    render: ({ step }) => (step === null ? 'the run' : <Name text={step.name} />),
  },
  {
    key: 'metadata',
    title: 'Metadata',
    width: 'minmax(120px, 1fr)',
    render: ({ metadata }) =>
      metadata === null ? '–' : <Name text={JSON.stringify(metadata)} className="font-mono" />,
  },
  {
    key: 'created',
    title: 'Created',
    width: '110px',
    render: ({ createdAt }) => <Time at={createdAt} />,
  },
];

function RunModels(props: {
  readonly project: string | undefined;
  readonly name: string | undefined;
}): ReactNode {
  const navigate = useNavigate();
  return (
    <DocumentList
      label="Models of runs"
      query={useInfiniteQuery(runModelsQuery(props))}
      columns={RUN_COLUMNS}
      rowKey={({ run, step, name }) => `${run.id} ${step?.call ?? ''} ${name}`}
      onOpen={({ run }) => void navigate({ to: '/runs/$run', params: { run: run.id } })}
      minWidth={960}
      empty={
        <EmptyState title="No run stored a model" command={commandLine('run', 'FILE')}>
          A step stores one with <code>uploadModel</code>.
        </EmptyState>
      }
    />
  );
}
