import { queryOptions, useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { visibleText } from '../../format/visible-text.ts';
import { diffOf } from '../../graph/model/diff.ts';
import { apiSource } from '../../live/feed-source.ts';
import { loadColumns } from '../../live/load-columns.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { changesOf, sideText } from './structure-rows.ts';
import type { CompareTabProps } from './tab-props.ts';

/** The steps of a run with their structure. */
const columnsQuery = (run: string | undefined) =>
  queryOptions({
    queryKey: ['columns', run],
    queryFn: ({ signal }) => loadColumns(apiSource(run ?? ''), signal),
    enabled: run !== undefined,
    structuralSharing: false,
    staleTime: 60_000,
    gcTime: 60_000,
  });

/** Where in the graph the base run and another run differ, from the sources on. */
export default function Structure(props: CompareTabProps): ReactNode {
  const { runs, base, search, onChange } = props;
  const baseRun = runs[base];
  const others = runs.filter((_, index) => index !== base);
  // The structure is large: of more than two runs, the user selects one.
  const other =
    others.find(({ id }) => id === search.with) ?? (others.length === 1 ? others[0] : undefined);
  const before = useQuery(columnsQuery(other === undefined ? undefined : baseRun?.id));
  const after = useQuery(columnsQuery(other?.id));
  const failed = [before, after].find(({ error }) => error !== null);
  const rows = useMemo(
    () =>
      before.data === undefined || after.data === undefined
        ? undefined
        : diffOf(before.data, after.data).map((diff) => ({ diff, changes: changesOf(diff) })),
    [before.data, after.data],
  );
  const shown = rows?.filter(({ changes }) => search.diff === 'all' || changes.length > 0);
  return (
    <section
      aria-label="Structure"
      className="max-h-1/2 shrink-0 overflow-auto border-t border-line bg-surface"
    >
      <label className="flex items-center gap-2 px-4 py-2">
        <span className="font-semibold">{`Structure of #${baseRun?.number} and`}</span>
        <select
          className="field"
          value={other?.id ?? ''}
          onChange={({ target }) => onChange({ with: target.value || undefined })}
        >
          {other === undefined && <option value="">a run …</option>}
          {others.map(({ id, number }) => (
            <option key={id} value={id}>
              #{number}
            </option>
          ))}
        </select>
      </label>
      {failed !== undefined && (
        <ErrorPanel error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      {other !== undefined && failed === undefined && shown === undefined && (
        <p className="px-4 pb-2 text-muted">Loading …</p>
      )}
      {shown?.length === 0 && (
        <p className="px-4 pb-2 text-muted">The graphs have the same boxes and durations.</p>
      )}
      {shown !== undefined && shown.length > 0 && (
        <table className="w-full text-left">
          <thead className="text-xs tracking-wide text-muted uppercase">
            <tr>
              <th className="px-4 font-medium">Steps</th>
              <th className="px-2 font-medium">{`#${baseRun?.number}`}</th>
              <th className="px-2 font-medium">{`#${other?.number}`}</th>
              <th className="px-4 font-medium">Change</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(({ diff, changes }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: equal boxes have no other identity
              <tr key={index} className="border-t border-line align-top">
                <td className="px-4 py-0.5">{visibleText(diff.components.join(', '))}</td>
                {[diff.before, diff.after].map((side, column) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: there are two columns
                  <td key={column} className="px-2 py-0.5">
                    {side === undefined ? '–' : visibleText(sideText(side))}
                  </td>
                ))}
                <td className="px-4 py-0.5 font-semibold">{changes.join(', ')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
