import type { ReactNode } from 'react';
import type { RunColumns } from '../live/columns.ts';
import { statusOf } from '../live/statuses.ts';
import { statusStyle } from '../ui/statuses.ts';
import { ROW_HEIGHT } from './canvas/timeline-painter.ts';
import { rowName, rowText } from './canvas/timeline-texts.ts';
import type { TimelineRow } from './model/timeline/rows.ts';

/** The names of the visible rows: buttons, which expand a group or select a step. */
export function TimelineLabels(props: {
  readonly columns: RunColumns;
  readonly rows: readonly TimelineRow[];
  readonly first: number;
  readonly end: number;
  /** Where the first row is. */
  readonly top: number;
  readonly selected: number | undefined;
  readonly now: number;
  readonly onSelect: (row: number) => void;
}): ReactNode {
  const { columns, rows, first, end, top, selected, now, onSelect } = props;
  return (
    <ul
      aria-label="Rows of the timeline"
      className="relative w-60 shrink-0 overflow-hidden border-r border-line bg-surface"
    >
      {rows.slice(first, end).map((row, index) => {
        const number = first + index;
        return (
          <li
            key={row.kind === 'group' ? `g${row.box.first}` : `c${row.call}`}
            className="absolute inset-x-0 flex"
            style={{ top: top + index * ROW_HEIGHT, height: ROW_HEIGHT }}
          >
            <RowButton
              row={row}
              number={number}
              isSelected={row.kind === 'call' && row.call === selected}
              name={rowName(columns, row)}
              text={rowText(columns, row, now)}
              status={row.kind === 'call' ? statusOf(columns.status[row.call] ?? 0) : undefined}
              onSelect={onSelect}
            />
          </li>
        );
      })}
    </ul>
  );
}

function RowButton(props: {
  readonly row: TimelineRow;
  readonly number: number;
  readonly isSelected: boolean;
  readonly name: string;
  readonly text: string;
  readonly status: string | undefined;
  readonly onSelect: (row: number) => void;
}): ReactNode {
  const { row, number, isSelected, name, text, status, onSelect } = props;
  const style = status === undefined ? undefined : statusStyle(status);
  const isGroup = row.kind === 'group';
  const indent = row.kind === 'call' && row.isMember ? 'pl-7' : 'pl-2';
  return (
    <button
      type="button"
      data-row={number}
      aria-label={text.replaceAll('\n', ', ')}
      aria-expanded={isGroup ? row.isExpanded : undefined}
      aria-current={isSelected ? 'true' : undefined}
      className={`flex min-w-0 flex-1 items-center gap-1.5 pr-2 text-left text-sm hover:bg-raised aria-[current=true]:bg-selected ${indent} ${isGroup ? 'font-semibold' : ''}`}
      onClick={() => onSelect(number)}
    >
      <span className={`w-3 shrink-0 ${style?.text ?? 'text-muted'}`} aria-hidden="true">
        {isGroup ? (row.isExpanded ? '▾' : '▸') : style?.glyph}
      </span>
      <span className="truncate" title={name}>
        {name}
      </span>
    </button>
  );
}
