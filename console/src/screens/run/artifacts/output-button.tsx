import type { ReactNode } from 'react';
import { formatBytes } from '../../../format/bytes.ts';
import { Name } from '../../../ui/name.tsx';
import type { ListedOutput } from './listed-outputs.ts';

/** Selects an artifact or a model of a list. */
export function OutputButton(props: {
  readonly output: ListedOutput;
  readonly isSelected: boolean;
  readonly onSelect: () => void;
}): ReactNode {
  const { output, isSelected, onSelect } = props;
  return (
    <button
      type="button"
      aria-current={isSelected ? 'true' : undefined}
      className="flex w-full gap-2 py-0.5 pr-3 pl-7 text-left hover:bg-raised aria-[current=true]:bg-selected"
      onClick={onSelect}
    >
      <span className="min-w-0 flex-1 truncate">
        <Name text={output.name} />
      </span>
      <span className="text-muted">{output.size === null ? '' : formatBytes(output.size)}</span>
    </button>
  );
}
