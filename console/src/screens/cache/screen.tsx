import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { CacheEntryDocument } from '../../../../src/wire/service.ts';
import { cacheEntriesQuery } from '../../api/lists.ts';
import { formatBytes } from '../../format/bytes.ts';
import { commandLine } from '../../forms/command.ts';
import { Button } from '../../ui/button.tsx';
import type { GridColumn } from '../../ui/data-grid.tsx';
import { DocumentList } from '../../ui/document-list.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { FilterField, ProjectFilter } from '../../ui/filter-field.tsx';
import { ListHeader } from '../../ui/list-header.tsx';
import { Name } from '../../ui/name.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { TAB_CLASS, Tabs } from '../../ui/tabs.tsx';
import { Time } from '../../ui/time.tsx';
import { ClearCacheDialog } from './clear-cache-dialog.tsx';
import { RunReasons } from './run-reasons.tsx';
import type { CacheSearch } from './search.ts';

/** The entries of the step cache, and why the steps of a run were taken from it or computed. */
export function Screen(): ReactNode {
  const search = useSearch({ from: '/cache' });
  const navigate = useNavigate();
  const change = (changes: CacheSearch) =>
    void navigate({
      from: '/cache',
      to: '/cache',
      search: (before) => ({ ...before, ...changes }),
    });
  const isOfRun = search.tab === 'run';
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <ListHeader title="Cache">
        {isOfRun ? (
          <FilterField
            label="Run"
            placeholder="the id of a run"
            value={search.run}
            onChange={(run) => change({ run })}
          />
        ) : (
          <>
            <ProjectFilter value={search.project} onChange={(project) => change({ project })} />
            <FilterField
              label="Component"
              placeholder="all"
              value={search.component}
              onChange={(component) => change({ component })}
            />
            <FilterField
              label="Key"
              placeholder="first characters"
              value={search.key}
              onChange={(key) => change({ key })}
            />
          </>
        )}
      </ListHeader>
      <Tabs label="Cache">
        <Link
          to="/cache"
          search={{}}
          className={TAB_CLASS}
          {...(!isOfRun && { 'aria-current': 'page' as const })}
        >
          Entries
        </Link>
        <Link
          to="/cache"
          search={{ tab: 'run' }}
          className={TAB_CLASS}
          {...(isOfRun && { 'aria-current': 'page' as const })}
        >
          Hits and misses of a run
        </Link>
      </Tabs>
      {isOfRun ? <RunReasons run={search.run} /> : <Entries search={search} />}
    </div>
  );
}

const COLUMNS: readonly GridColumn<CacheEntryDocument>[] = [
  {
    key: 'component',
    title: 'Component',
    width: 'minmax(160px, 1fr)',
    render: ({ component }) => <Name text={component} className="font-semibold" />,
  },
  {
    key: 'project',
    title: 'Project',
    width: 'minmax(100px, 0.6fr)',
    render: ({ project }) => <Name text={project} />,
  },
  {
    key: 'step',
    title: 'Computed by',
    width: 'minmax(160px, 1fr)',
    render: ({ run, step }) => (
      <Link to="/runs/$run" params={{ run: run }} className="hover:underline">
        <Name text={step} />
      </Link>
    ),
  },
  {
    key: 'artifacts',
    title: 'Results',
    width: 'minmax(160px, 1fr)',
    render: ({ artifacts, models }) => (
      <Name
        text={[...artifacts, ...models]
          .map(({ name, size }) => `${name} ${formatBytes(size)}`)
          .join(', ')}
      />
    ),
  },
  {
    key: 'created',
    title: 'Created',
    width: '110px',
    render: ({ createdAt }) => <Time at={createdAt} />,
  },
  {
    key: 'key',
    title: 'Key',
    width: '120px',
    render: ({ key }) => (
      <span className="font-mono text-muted" title={key}>
        {key.slice(0, 12)}
      </span>
    ),
  },
];

function Entries({ search }: { readonly search: CacheSearch }): ReactNode {
  const { project, component, key } = search;
  const filter = { project, component, key };
  const navigate = useNavigate();
  const refusal = useRefusal();
  const [isClearing, setClearing] = useState(false);
  const hasFilter = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <div className="px-4 py-1.5">
        <Button
          kind="danger"
          disabled={refusal !== undefined}
          title={refusal}
          onClick={() => setClearing(true)}
        >
          {hasFilter ? 'Clear these entries …' : 'Clear all entries …'}
        </Button>
      </div>
      <DocumentList
        label="Cache entries"
        query={useInfiniteQuery(cacheEntriesQuery(filter))}
        columns={COLUMNS}
        rowKey={(entry) => entry.key}
        onOpen={({ run }) => void navigate({ to: '/runs/$run', params: { run: run } })}
        minWidth={900}
        empty={
          <EmptyState
            title={hasFilter ? 'No entry fits the filters' : 'The cache is empty'}
            command={hasFilter ? commandLine('cache', 'list') : commandLine('run', 'FILE')}
          >
            A component with <code>cache: true</code> stores its results, and equal calls take them.
          </EmptyState>
        }
      />
      {isClearing && <ClearCacheDialog filter={filter} onClose={() => setClearing(false)} />}
    </>
  );
}
