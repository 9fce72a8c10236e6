/**
 * The graph in words, for those who do not see the canvas.
 *
 * @module
 */
import { formatCount, formatCounted } from '../../format/numbers.ts';
import type { RunColumns } from '../../live/columns.ts';
import { STATUSES } from '../../live/statuses.ts';
import { type BoxGraph, titleOf } from './box-graph.ts';

/** Boxes that the summary names. */
const MAX_NAMED = 12;

/** `Graph of 30,004 steps in 7 boxes: load, split, prep × 10,000, … 29,243 completed, 375 failed.` */
export function summaryOf(columns: RunColumns, graph: BoxGraph): string {
  const titles = graph.boxes.slice(0, MAX_NAMED).map((box) => titleOf(columns, box));
  const rest = graph.boxes.length - titles.length;
  const counts = new Array<number>(STATUSES.length).fill(0);
  for (let call = 0; call < columns.known; call++) {
    const code = columns.status[call] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  const statuses = STATUSES.flatMap((status, code) =>
    (counts[code] ?? 0) > 0 ? [`${formatCount(counts[code] ?? 0)} ${status}`] : [],
  );
  const boxes = formatCounted(graph.boxes.length, 'box', 'boxes');
  const names = rest > 0 ? [...titles, `${formatCount(rest)} more`] : titles;
  return `Graph of ${formatCounted(columns.known, 'step')} in ${boxes}: ${names.join(', ')}. ${statuses.join(', ')}. The tab Steps lists all of them.`;
}
