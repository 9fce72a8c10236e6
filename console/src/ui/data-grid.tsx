import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';

export interface GridColumn<T> {
  readonly key: string;
  readonly title: ReactNode;
  /** The track of the grid, as `120px` or `minmax(200px, 1fr)`. */
  readonly width: string;
  readonly align?: 'start' | 'end';
  readonly sort?: 'ascending' | 'descending' | undefined;
  /** Makes the title a button. */
  readonly onSort?: () => void;
  readonly render: (row: T) => ReactNode;
}

/** The height of a row in pixels by the density of the settings. */
export const ROW_HEIGHT = { comfortable: 34, compact: 28 } as const;

/**
 * A table of which only the visible rows are in the page. Rows have one height, so that none moves
 * when others are loaded. One row is current: it can have the focus, and arrow keys move it.
 */
export function DataGrid<T>(props: {
  readonly label: string;
  readonly columns: readonly GridColumn<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  readonly rowHeight: number;
  /** All rows, if more of them exist than are loaded. */
  readonly rowCount?: number;
  /** The index of the current row; -1: none. */
  readonly current: number;
  readonly onCurrent: (index: number) => void;
  readonly onOpen: (row: T) => void;
  readonly isSelected?: (row: T) => boolean;
  /** A second line below a row's cells, of the same height. */
  readonly detail?: (row: T) => ReactNode;
  /** The last rows are visible: load further ones. */
  readonly onEnd?: () => void;
  readonly minWidth?: number;
}): ReactNode {
  const { label, columns, rows, rowKey, rowHeight, current, isSelected, detail, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const details = rows.map((row) => detail?.(row) ?? null);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: (index) => {
      const row = rows[index];
      return row === undefined ? index : rowKey(row);
    },
    estimateSize: (index) => (details[index] === null ? rowHeight : rowHeight + 20),
    overscan: 8,
  });
  const sizes = `${rowHeight} ${details.map((each) => (each === null ? '' : 'd')).join()}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the sizes of rows depend on these.
  useEffect(() => virtualizer.measure(), [sizes]);
  useEffect(() => {
    if (current >= 0) virtualizer.scrollToIndex(current, { align: 'auto' });
  }, [current, virtualizer]);

  const visible = virtualizer.getVirtualItems();
  const last = visible.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - 20) onEnd?.();
  }, [last, rows.length, onEnd]);

  const template = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  const minWidth = { minWidth: props.minWidth ?? 0 };
  const focusRow = (index: number) => {
    props.onCurrent(index);
    // The row is in the page after the next rendering.
    requestAnimationFrame(() =>
      scroller.current?.querySelector<HTMLElement>(`[aria-rowindex="${index + 2}"]`)?.focus(),
    );
  };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, visible.length - 17);
    const to = {
      ArrowDown: index + 1,
      ArrowUp: index - 1,
      PageDown: index + page,
      PageUp: index - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    const row = rows[index];
    if (event.key === 'Enter' && row !== undefined) props.onOpen(row);
    else if (to !== undefined) focusRow(Math.max(0, Math.min(rows.length - 1, to)));
    else return;
    event.preventDefault();
  };

  return (
    <div
      ref={scroller}
      role="grid"
      aria-label={label}
      aria-rowcount={props.rowCount ?? rows.length + 1}
      aria-colcount={columns.length}
      {...(isSelected !== undefined && { 'aria-multiselectable': true })}
      className="min-h-0 flex-1 overflow-auto"
    >
      {/* biome-ignore lint/a11y/useFocusableInteractive: the buttons inside have the focus. */}
      <div
        role="row"
        aria-rowindex={1}
        className="sticky top-0 z-1 grid h-8 items-center gap-3 border-b border-line bg-bg px-4 text-xs tracking-wide text-muted uppercase"
        style={{ ...template, ...minWidth }}
      >
        {columns.map(({ key, title, align, sort, onSort }) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the button inside has the focus.
          <div
            key={key}
            role="columnheader"
            aria-sort={onSort === undefined ? undefined : (sort ?? 'none')}
            className={`truncate ${align === 'end' ? 'text-right' : ''}`}
          >
            {onSort === undefined ? (
              title
            ) : (
              <button type="button" className="uppercase hover:text-ink" onClick={onSort}>
                {title}
                {sort !== undefined && (sort === 'ascending' ? ' ↑' : ' ↓')}
              </button>
            )}
          </div>
        ))}
      </div>
      <div
        role="rowgroup"
        className="relative"
        style={{ height: virtualizer.getTotalSize(), ...minWidth }}
      >
        {visible.map(({ index, start, size }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const extra = details[index] ?? null;
          return (
            <div
              key={rowKey(row)}
              role="row"
              aria-rowindex={index + 2}
              aria-selected={isSelected?.(row)}
              tabIndex={index === current || (current < 0 && index === 0) ? 0 : -1}
              data-current={index === current ? '' : undefined}
              className="absolute inset-x-0 top-0 border-b border-line bg-surface -outline-offset-2 hover:bg-raised aria-selected:bg-selected data-current:bg-raised aria-selected:data-current:bg-selected"
              style={{ height: size, transform: `translateY(${start}px)` }}
              onFocus={({ target, currentTarget }) => {
                if (target === currentTarget && index !== current) props.onCurrent(index);
              }}
              onKeyDown={(event) => onKeyDown(event, index)}
            >
              <div
                role="presentation"
                className="grid items-center gap-3 px-4"
                style={{ ...template, height: rowHeight - 1 }}
              >
                {columns.map(({ key, align, render }) => (
                  // biome-ignore lint/a11y/useFocusableInteractive: the row has the focus.
                  <div
                    key={key}
                    role="gridcell"
                    className={`min-w-0 truncate ${align === 'end' ? 'text-right' : ''}`}
                  >
                    {render(row)}
                  </div>
                ))}
              </div>
              {extra !== null && <div className="truncate px-4 text-sm">{extra}</div>}
            </div>
          );
        })}
      </div>
    </div>
  );
}
