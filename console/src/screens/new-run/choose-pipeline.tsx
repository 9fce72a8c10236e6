import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useId, useState } from 'react';
import { pipelinesQuery } from '../../api/pipelines.ts';
import { visibleText } from '../../format/visible-text.ts';
import { commandLine } from '../../forms/command.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { ErrorPanel } from '../../ui/error-panel.tsx';

/** The pipelines of which a run can be started. */
export function ChoosePipeline(): ReactNode {
  const id = useId();
  const [text, setText] = useState('');
  const { data, error, refetch, hasNextPage, fetchNextPage } = useInfiniteQuery(pipelinesQuery());
  if (data === undefined)
    return error === null ? (
      <p className="p-4 text-muted">Loading …</p>
    ) : (
      <ErrorPanel error={error} onRetry={() => refetch()} />
    );
  const all = data.pages.flatMap((page) => page.items);
  const shown = all.filter(({ project, name }) =>
    `${project}/${name}`.toLowerCase().includes(text.trim().toLowerCase()),
  );
  return (
    <div className="min-h-0 overflow-auto p-4">
      <title>New run · Headrace</title>
      <h1 className="text-lg font-semibold">New run</h1>
      {all.length === 0 ? (
        <EmptyState title="No pipeline is registered yet" command={commandLine('run', 'FILE')}>
          The command registers the pipelines of a file, and starts a run.
        </EmptyState>
      ) : (
        <>
          <p className="mt-2">
            <label htmlFor={id}>Pipeline </label>
            <input
              id={id}
              className="w-72 rounded-sm border border-field bg-surface px-2 py-1"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </p>
          <ul className="mt-3 max-w-xl divide-y divide-line border-y border-line">
            {shown.map(({ project, name, latest }) => (
              <li key={`${project}/${name}`}>
                <Link
                  to="/new"
                  search={{ project, pipeline: name }}
                  className="flex gap-4 px-2 py-1.5 hover:bg-raised"
                >
                  <span className="min-w-0 grow break-words">
                    <span className="text-muted">{visibleText(project)}/</span>
                    {visibleText(name)}
                  </span>
                  <span className="font-mono text-muted">{latest}</span>
                </Link>
              </li>
            ))}
          </ul>
          {hasNextPage && (
            <Button className="mt-3" onClick={() => void fetchNextPage()}>
              Load more
            </Button>
          )}
        </>
      )}
    </div>
  );
}
