import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { runsQuery } from '../../api/runs.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';

/** All runs, newest first. */
export function Screen(): ReactNode {
  const { data, error, refetch } = useInfiniteQuery(runsQuery({}));
  if (data === undefined && error !== null)
    return <ErrorPanel error={error} onRetry={() => refetch()} />;
  const runs = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <h1 className="px-4 py-3 text-lg font-semibold">Runs</h1>
      <ul className="min-h-0 overflow-auto px-4">
        {runs.map((run) => (
          <li key={run.id} className="flex gap-4 border-b border-line py-1.5">
            <span className="w-24">{run.status}</span>
            <span>{`${run.pipeline} #${run.number}`}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
