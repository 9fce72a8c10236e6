import { type ReactNode, useState } from 'react';
import { formatCounted } from '../../format/numbers.ts';
import { DataGrid, type GridColumn, ROW_HEIGHT } from '../../ui/data-grid.tsx';
import { Name } from '../../ui/name.tsx';
import { useSettings } from '../../ui/settings.ts';
import type { Cell, Row } from './comparison.ts';
import type { CompareTabProps } from './tab-props.ts';

const NAME_WIDTH = 260;
const RUN_WIDTH = 170;

/** Rows of a comparison: one column for each run, the name of the row before them. */
export function CompareGrid<R extends Row>(
  props: CompareTabProps & {
    readonly label: string;
    readonly rows: readonly R[];
    readonly onOpen?: (row: R) => void;
    readonly renderCell?: (row: R, index: number) => ReactNode;
    readonly empty: string;
  },
): ReactNode {
  const { label, runs, base, rows, search, renderCell } = props;
  const { density } = useSettings();
  const [current, setCurrent] = useState(-1);
  const shown = search.diff === 'all' ? rows : rows.filter(({ differs }) => differs);
  const columns: GridColumn<R>[] = [
    {
      key: 'name',
      title: `${formatCounted(shown.length, 'row')} of ${rows.length}`,
      width: `${NAME_WIDTH}px`,
      render: (row) => (
        <>
          <span className="text-muted">{row.section} / </span>
          <Name text={row.name} />
        </>
      ),
    },
    ...runs.map((run, index) => ({
      key: run.id,
      title: `#${run.number}${index === base ? ' (base)' : ''}`,
      width: `${RUN_WIDTH}px`,
      render: (row: R) => renderCell?.(row, index) ?? <CellText cell={row.cells[index]} />,
    })),
  ];
  if (shown.length === 0)
    return (
      <p className="p-4 text-muted">
        {rows.length === 0 ? props.empty : 'The runs do not differ here.'}
      </p>
    );
  return (
    <DataGrid
      label={label}
      columns={columns}
      rows={shown}
      rowKey={({ key }) => key}
      rowHeight={ROW_HEIGHT[density]}
      current={current}
      onCurrent={setCurrent}
      onOpen={(row) => props.onOpen?.(row)}
      minWidth={NAME_WIDTH + runs.length * (RUN_WIDTH + 12) + 32}
    />
  );
}

const TRENDS = {
  higher: { glyph: '▲', meaning: 'higher than in the base run' },
  lower: { glyph: '▼', meaning: 'lower than in the base run' },
} as const;

/** The value of a run; one that differs from the base run is emphasized. */
function CellText({ cell }: { readonly cell: Cell | undefined }): ReactNode {
  if (cell?.text === undefined) return <span className="text-muted">–</span>;
  const trend = cell.trend === undefined ? undefined : TRENDS[cell.trend];
  return (
    <span className={cell.differs ? 'font-semibold' : 'text-muted'}>
      <Name text={cell.text} />
      {trend !== undefined && (
        <span className="ml-1 text-xs text-muted" title={trend.meaning}>
          <span aria-hidden="true">{trend.glyph}</span>
          <span className="sr-only">{trend.meaning}</span>
        </span>
      )}
    </span>
  );
}
