import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { codeQuery } from '../../api/compare.ts';
import { codeText } from '../../format/code-text.ts';
import { ErrorPanel } from '../../ui/error-panel.tsx';
import { CompareGrid } from './compare-grid.tsx';
import { codeHashes, codeRows } from './comparison.ts';
import type { CompareTabProps } from './tab-props.ts';
import { TextDiff } from './text-diff.tsx';

/** The code of the pipeline and of each component by hash, and the lines in which two runs differ. */
export function CodeTab(props: CompareTabProps): ReactNode {
  const { runs, base, search, onChange } = props;
  const rows = useMemo(() => codeRows(runs, base), [runs, base]);
  const name = search.code ?? rows.find(({ differs }) => differs)?.name;
  const hashes = runs.map((run) => (name === undefined ? undefined : codeHashes(run).get(name)));
  const other = runs.findIndex(({ id }) => id === search.with);
  const compared =
    other >= 0 ? other : hashes.findIndex((hash) => hash !== undefined && hash !== hashes[base]);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex max-h-1/2 min-h-32 flex-col">
        <CompareGrid
          {...props}
          label="Code"
          rows={rows}
          onOpen={(row) => onChange({ code: row.name })}
          renderCell={(row, index) => {
            const cell = row.cells[index];
            return (
              cell?.text !== undefined && (
                <button
                  type="button"
                  className={`font-mono hover:underline ${cell.differs ? 'font-semibold text-accent' : 'text-muted'}`}
                  aria-label={`Show the code of ${row.name} in #${runs[index]?.number}`}
                  onClick={() => onChange({ code: row.name, with: runs[index]?.id })}
                >
                  {cell.text}
                </button>
              )
            );
          }}
          empty="The runs have no code on record."
        />
      </div>
      {name !== undefined && compared >= 0 && (
        <CodeDiff
          name={name}
          before={{ run: runs[base]?.id ?? '', hash: hashes[base] }}
          after={{ run: runs[compared]?.id ?? '', hash: hashes[compared] }}
          label={`#${runs[base]?.number} and #${runs[compared]?.number}`}
        />
      )}
    </div>
  );
}

/** The hash is undefined if the run has no code of this name. */
interface CodeOfRun {
  readonly run: string;
  readonly hash: string | undefined;
}

function CodeDiff(props: {
  readonly name: string;
  readonly before: CodeOfRun;
  readonly after: CodeOfRun;
  readonly label: string;
}): ReactNode {
  const { name, before, after, label } = props;
  const [old, now] = [
    useQuery(codeQuery(before.run, before.hash)),
    useQuery(codeQuery(after.run, after.hash)),
  ];
  const error = old.error ?? now.error;
  if (error !== null) return <ErrorPanel error={error} onRetry={() => void old.refetch()} />;
  const isLoading =
    (before.hash !== undefined && old.data === undefined) ||
    (after.hash !== undefined && now.data === undefined);
  const textOf = (document: typeof old.data) => (document === undefined ? '' : codeText(document));
  const [oldText, newText] = [textOf(old.data), textOf(now.data)];
  return (
    <section className="min-h-0 flex-1 overflow-auto border-t border-line bg-surface">
      <h2 className="px-4 py-2 font-semibold">
        {name} in {label}
      </h2>
      {isLoading ? (
        <p className="px-4 text-muted">Loading …</p>
      ) : oldText === undefined || newText === undefined ? (
        <p className="px-4 pb-3">The code is too large to be shown here.</p>
      ) : (
        <TextDiff label={`The code of ${name} in ${label}`} before={oldText} after={newText} />
      )}
    </section>
  );
}
