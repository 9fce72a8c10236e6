/**
 * Which rows of a long table are in the page. Pure: positions are pixels from the first row.
 *
 * @module
 */

export interface RowWindow {
  /** The first row of the window, and the one after its last. */
  readonly from: number;
  readonly to: number;
}

/** The position of each row, and at the end that below the last one. */
export function rowOffsets(count: number, heightOf: (index: number) => number): Float64Array {
  const offsets = new Float64Array(count + 1);
  for (let index = 0; index < count; index++)
    offsets[index + 1] = (offsets[index] ?? 0) + heightOf(index);
  return offsets;
}

/** The last row that starts at the position or above it. */
function rowAt(offsets: Float64Array, position: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((offsets[middle] ?? 0) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The rows between `top` and `top + height`, and `overscan` rows on both sides. */
export function rowWindow(
  offsets: Float64Array,
  view: { readonly top: number; readonly height: number; readonly overscan: number },
): RowWindow {
  const count = offsets.length - 1;
  const from = rowAt(offsets, view.top) - view.overscan;
  const to = rowAt(offsets, view.top + view.height) + 1 + view.overscan;
  return { from: Math.max(0, Math.min(from, count)), to: Math.min(count, Math.max(to, 0)) };
}

/** The scroll position that shows the row with the smallest movement. */
export function revealingTop(
  offsets: Float64Array,
  index: number,
  view: { readonly top: number; readonly height: number },
): number {
  const start = offsets[index] ?? 0;
  const end = offsets[index + 1] ?? start;
  if (start < view.top) return start;
  return end > view.top + view.height ? end - view.height : view.top;
}
