import type { ReactNode } from 'react';
import { formatCounted } from '../../format/numbers.ts';
import { commandLine } from '../../forms/command.ts';
import type { RunColumns } from '../../live/columns.ts';
import { Button } from '../../ui/button.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { csvOf } from './steps-csv.ts';

/** What can be done with the selected steps of the table. */
export function SelectionBar(props: {
  readonly run: string;
  readonly columns: RunColumns;
  readonly calls: readonly number[];
  readonly onClear: () => void;
}): ReactNode {
  const { run, columns, calls, onClear } = props;
  const [first] = calls;
  return (
    <div className="flex items-center gap-2 border-t border-line bg-raised px-4 py-1.5">
      <span>{`${formatCounted(calls.length, 'step')} selected:`}</span>
      <CopyButton label="Copy names" text={calls.map((call) => columns.nameOf(call)).join('\n')} />
      <CopyButton label="Copy as CSV" text={csvOf(columns, calls)} />
      {first !== undefined && (
        <CopyButton
          label="Copy rerun command"
          text={commandLine('runs', 'rerun', run, '--from', columns.nameOf(first))}
        />
      )}
      <span className="flex-1" />
      <Button kind="quiet" onClick={onClear}>
        Clear
      </Button>
    </div>
  );
}
