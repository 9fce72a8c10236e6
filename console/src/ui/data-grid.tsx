import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { revealingTop, rowOffsets, rowWindow } from './row-window.ts';

const HEADER_HEIGHT = 32;
const DETAIL_HEIGHT = 20;
/** Of the rows, before the first measurement. */
const INITIAL_HEIGHT = 800;
/** Rows that are in the page above and below the visible ones. */
const OVERSCAN = 8;

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
  const rowToFocus = useRef<number>(undefined);
  const details = useMemo(() => rows.map((row) => detail?.(row) ?? null), [rows, detail]);
  const offsets = useMemo(
    () =>
      rowOffsets(rows.length, (index) =>
        (details[index] ?? null) === null ? rowHeight : rowHeight + DETAIL_HEIGHT,
      ),
    [rows.length, details, rowHeight],
  );
  const [view, setView] = useState({ top: 0, height: INITIAL_HEIGHT });
  const measure = () => {
    const element = scroller.current;
    if (element === null) return;
    const next = { top: element.scrollTop, height: element.clientHeight - HEADER_HEIGHT };
    setView((before) => (before.top === next.top && before.height === next.height ? before : next));
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it only sets the state.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the row is shown when it becomes current, not when others are loaded.
  useEffect(() => {
    const element = scroller.current;
    if (current < 0 || element === null) return;
    const height = element.clientHeight - HEADER_HEIGHT;
    element.scrollTop = revealingTop(offsets, current, { top: element.scrollTop, height });
    measure();
    const { activeElement } = document;
    if (
      activeElement === document.body ||
      activeElement?.id === 'main' ||
      element.contains(activeElement)
    )
      rowToFocus.current = current;
  }, [current]);
  // The row is in the page only after the scroll position was measured.
  useEffect(() => {
    if (rowToFocus.current === undefined) return;
    const row = scroller.current?.querySelector<HTMLElement>(
      `[aria-rowindex="${rowToFocus.current + 2}"]`,
    );
    if (row === null || row === undefined) return;
    rowToFocus.current = undefined;
    row.focus({ preventScroll: true });
  });

  const { from, to } = rowWindow(offsets, { ...view, overscan: OVERSCAN });
  const visible = Array.from({ length: to - from }, (_, position) => from + position);
  // The current row may have the focus, and Tab leads to it.
  if (current >= 0 && current < rows.length && (current < from || current >= to))
    visible.push(current);
  useEffect(() => {
    if (to >= rows.length - OVERSCAN) onEnd?.();
  }, [to, rows.length, onEnd]);

  const template = { gridTemplateColumns: columns.map(({ width }) => width).join(' ') };
  const minWidth = { minWidth: props.minWidth ?? 0 };
  const onKeyDown = (event: KeyboardEvent, index: number) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
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
    else if (to !== undefined) props.onCurrent(Math.max(0, Math.min(rows.length - 1, to)));
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
      onScroll={measure}
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
        style={{ height: offsets[rows.length] ?? 0, ...minWidth }}
      >
        {visible.map((index) => {
          const row = rows[index];
          if (row === undefined) return null;
          const start = offsets[index] ?? 0;
          const size = (offsets[index + 1] ?? start) - start;
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
