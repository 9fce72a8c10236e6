import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import type { ModelVersionDocument } from '../../../../src/wire/models.ts';
import { request } from '../../api/client.ts';
import { modelUsesQuery, modelVersionsQuery } from '../../api/lists.ts';
import { formatBytes } from '../../format/bytes.ts';
import { formatMetric } from '../../format/numbers.ts';
import { visibleLines } from '../../format/visible-lines.ts';
import { visibleText } from '../../format/visible-text.ts';
import { Button } from '../../ui/button.tsx';
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { useEscape } from '../../ui/keyboard.ts';
import { Name } from '../../ui/name.tsx';
import { useRefusal } from '../../ui/refusal.ts';
import { StatusBadge } from '../../ui/status-badge.tsx';
import { Time } from '../../ui/time.tsx';
import type { ModelsSearch } from './search.ts';

/** The versions of a registered model: where each comes from, its metrics, and where it is used. */
export function ModelVersions(props: {
  readonly project: string;
  readonly name: string;
  readonly version: number | undefined;
  readonly onChange: (changes: ModelsSearch) => void;
}): ReactNode {
  const { project, name, version, onChange } = props;
  const query = useInfiniteQuery(modelVersionsQuery({ project, name }));
  const versions = query.data?.pages.flatMap((page) => page.items) ?? [];
  const close = () => onChange({ name: undefined, version: undefined });
  useEscape('Models', close);
  return (
    <aside
      aria-label={`Versions of ${name}`}
      className="w-110 shrink-0 overflow-auto border-l border-line bg-surface"
    >
      <header className="flex items-center gap-3 px-4 py-3">
        <h2 className="grow text-lg font-semibold">
          <Name text={name} wrap />
        </h2>
        <Button kind="quiet" aria-label="Close" onClick={close}>
          ×
        </Button>
      </header>
      {query.error !== null && query.data === undefined && (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      )}
      <ul className="divide-y divide-line border-t border-line">
        {versions.map((each) => (
          <li key={each.version} className="px-4 py-3">
            <VersionSummary
              document={each}
              isOpen={each.version === version}
              onToggle={() =>
                onChange({ version: each.version === version ? undefined : each.version })
              }
            />
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <Button className="m-4" onClick={() => void query.fetchNextPage()}>
          Load more
        </Button>
      )}
    </aside>
  );
}

function VersionSummary(props: {
  readonly document: ModelVersionDocument;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}): ReactNode {
  const { document, isOpen, onToggle } = props;
  const { source, metrics, framework, size, tags, publishedAt, registeredAt } = document;
  return (
    <>
      <div className="flex items-center gap-3">
        <button
          type="button"
          aria-expanded={isOpen}
          className="font-semibold hover:underline"
          onClick={onToggle}
        >
          version {document.version}
        </button>
        <span className={publishedAt === null ? 'text-muted' : 'text-completed'}>
          {publishedAt === null ? 'not published' : '✓ published'}
        </span>
        <span className="grow" />
        <PublishButton document={document} />
      </div>
      <p className="text-muted">
        {framework !== null && (
          <>
            <Name text={framework} />
            {' · '}
          </>
        )}
        {formatBytes(size)} · <Time at={registeredAt} />
        {tags.length > 0 && ` · ${visibleText(tags.join(', '))}`}
      </p>
      <p>
        from{' '}
        <Link to="/runs/$run" params={{ run: source.run }} className="text-accent underline">
          <Name text={source.pipeline} /> #{source.number}
        </Link>
        {source.step !== null && (
          <>
            , step <Name text={source.step.name} />
          </>
        )}
      </p>
      {metrics.length > 0 && (
        <ul className="mt-1 flex flex-wrap gap-x-4">
          {metrics.slice(0, isOpen ? metrics.length : 3).map(({ title, series, value }) => (
            <li key={`${title}\n${series}`}>
              <span className="text-muted">
                <Name text={`${title}/${series}`} />
              </span>{' '}
              <span className="font-mono">{formatMetric(value)}</span>
            </li>
          ))}
        </ul>
      )}
      {isOpen && <VersionUses document={document} />}
    </>
  );
}

function PublishButton({ document }: { readonly document: ModelVersionDocument }): ReactNode {
  const { project, name, version, publishedAt } = document;
  const refusal = useRefusal();
  const [isConfirming, setConfirming] = useState(false);
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () =>
      request(`v1/model-versions/${version}`, {
        method: 'PATCH',
        query: { project, name },
        body: { published: publishedAt === null },
      }),
    onSuccess: async () => {
      setConfirming(false);
      await Promise.all([
        client.invalidateQueries({ queryKey: ['v1/model-versions'] }),
        client.invalidateQueries({ queryKey: ['v1/registered-models'] }),
      ]);
    },
  });
  const verb = publishedAt === null ? 'Publish' : 'Unpublish';
  return (
    <>
      <Button disabled={refusal !== undefined} title={refusal} onClick={() => setConfirming(true)}>
        {verb}
      </Button>
      {isConfirming && (
        <ConfirmDialog
          title={`${verb} ${name}, version ${version}`}
          action={verb}
          kind={publishedAt === null ? 'primary' : 'danger'}
          isBusy={change.isPending}
          error={change.error}
          onConfirm={() => change.mutate()}
          onClose={() => setConfirming(false)}
        >
          <p>
            {publishedAt === null
              ? 'Its file is kept from now on, even after its run was removed, and pipelines that use the published model get this version.'
              : 'Pipelines that use the published model get the highest version that is still published. Its file is removed with its run.'}
          </p>
        </ConfirmDialog>
      )}
    </>
  );
}

function VersionUses({ document }: { readonly document: ModelVersionDocument }): ReactNode {
  const { project, name, version, metadata, hash } = document;
  const query = useInfiniteQuery(modelUsesQuery({ project, name }, version));
  const uses = query.data?.pages.flatMap((page) => page.items);
  return (
    <div className="mt-2 space-y-2">
      <p className="truncate font-mono text-xs text-muted" title={hash}>
        {hash}
      </p>
      {metadata !== null && (
        <pre className="overflow-auto rounded-sm bg-raised p-2 text-sm">
          {visibleLines(JSON.stringify(metadata, undefined, 2))}
        </pre>
      )}
      <h3 className="font-semibold">Used by</h3>
      {uses === undefined ? (
        <p className="text-muted">{query.error === null ? 'Loading …' : query.error.message}</p>
      ) : uses.length === 0 ? (
        <p className="text-muted">no run yet</p>
      ) : (
        <ul>
          {uses.map((use) => (
            <li key={`${use.run} ${use.call}`} className="flex flex-wrap gap-x-3">
              <Link to="/runs/$run" params={{ run: use.run }} className="text-accent underline">
                <Name text={use.pipeline} /> #{use.number}
              </Link>
              <StatusBadge status={use.status} />
              <span className="text-muted">
                {use.receivers.length > 0 && <Name text={`→ ${use.receivers.join(', ')}`} wrap />}
              </span>
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage && <Button onClick={() => void query.fetchNextPage()}>Load more</Button>}
    </div>
  );
}
