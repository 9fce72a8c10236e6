import { useLayoutEffect, useMemo, useState } from 'react';
import { rowOffsets, rowWindow } from './row-window.ts';

/** Of the rows, before the first measurement. */
const INITIAL_HEIGHT = 800;

interface VisibleRow {
  readonly index: number;
  /** Pixels from the first row. */
  readonly start: number;
}

/** The rows of one height of a long list that are in view of an element that scrolls. */
export function useRowWindow(options: {
  readonly count: number;
  readonly rowHeight: number;
  /** Rows that are in the page above and below the visible ones. */
  readonly overscan: number;
}): {
  /** For the element that scrolls. */
  readonly ref: (element: HTMLDivElement | null) => void;
  readonly element: HTMLDivElement | null;
  readonly rows: readonly VisibleRow[];
  /** Pixels of all rows. */
  readonly height: number;
} {
  const { count, rowHeight, overscan } = options;
  const [element, ref] = useState<HTMLDivElement | null>(null);
  const [view, setView] = useState({ top: 0, height: INITIAL_HEIGHT });
  useLayoutEffect(() => {
    if (element === null) return;
    const measure = () => {
      const next = { top: element.scrollTop, height: element.clientHeight };
      setView((last) => (last.top === next.top && last.height === next.height ? last : next));
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, [element]);
  const offsets = useMemo(() => rowOffsets(count, () => rowHeight), [count, rowHeight]);
  const { from, to } = rowWindow(offsets, { ...view, overscan });
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, position) => ({
    index: from + position,
    start: (from + position) * rowHeight,
  }));
  return { ref, element, rows, height: count * rowHeight };
}
