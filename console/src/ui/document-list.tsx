import { type ReactNode, useState } from 'react';
import { DataGrid, type GridColumn, ROW_HEIGHT } from './data-grid.tsx';
import { ErrorPanel } from './error-panel.tsx';
import { useSettings } from './settings.ts';

/** The part of an infinite query of pages of documents that a list needs. */
export interface PagesQuery<T> {
  readonly data: { readonly pages: readonly { readonly items: readonly T[] }[] } | undefined;
  readonly error: unknown;
  readonly hasNextPage: boolean;
  readonly isFetchingNextPage: boolean;
  readonly refetch: () => unknown;
  readonly fetchNextPage: () => unknown;
}

/** A list of documents that is read page by page while it is scrolled. */
export function DocumentList<T>(props: {
  readonly label: string;
  readonly query: PagesQuery<T>;
  readonly columns: readonly GridColumn<T>[];
  readonly rowKey: (row: T) => string;
  readonly onOpen: (row: T) => void;
  readonly isSelected?: (row: T) => boolean;
  readonly minWidth?: number;
  /** Replaces the list if there is nothing. */
  readonly empty: ReactNode;
}): ReactNode {
  const { label, query, columns, rowKey, onOpen, isSelected, minWidth, empty } = props;
  const { density } = useSettings();
  const [current, setCurrent] = useState(-1);
  if (query.data === undefined)
    return query.error === null ? (
      <p className="p-4 text-muted">Loading …</p>
    ) : (
      <div className="p-4">
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      </div>
    );
  const rows = query.data.pages.flatMap((page) => page.items);
  // A page can be empty although others follow.
  if (rows.length === 0 && !query.hasNextPage) return empty;
  return (
    <DataGrid
      label={label}
      columns={columns}
      rows={rows}
      rowKey={rowKey}
      rowHeight={ROW_HEIGHT[density]}
      current={current}
      onCurrent={setCurrent}
      onOpen={onOpen}
      {...(isSelected !== undefined && { isSelected })}
      {...(minWidth !== undefined && { minWidth })}
      onEnd={() => {
        if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
      }}
    />
  );
}
