/**
 * Rows of a timeline in words.
 *
 * @module
 */
import { formatDuration } from '../../format/durations.ts';
import { formatCounted } from '../../format/numbers.ts';
import { visibleText } from '../../format/visible-text.ts';
import type { RunColumns } from '../../live/columns.ts';
import { FAILED, STATUSES, statusOf } from '../../live/statuses.ts';
import { titleOf } from '../model/box-graph.ts';
import type { TimelineRow } from '../model/timeline/rows.ts';
import { callSpan, type Span, segmentsOf } from '../model/timeline/spans.ts';
import type { Timeline } from '../model/timeline/timeline.ts';
import { GLYPHS } from './palette.ts';

/** The name of a row, for its label. */
export function rowName(columns: RunColumns, row: TimelineRow): string {
  return row.kind === 'group' ? titleOf(columns, row.box) : visibleText(columns.nameOf(row.call));
}

const timesText = (span: Span | undefined): string => {
  if (span === undefined) return 'not started';
  const parts: string[] = [];
  if (span.start - span.queued >= 1)
    parts.push(`queued ${formatDuration(span.start - span.queued)}`);
  if (span.end > span.start) parts.push(`ran ${formatDuration(span.end - span.start)}`);
  return parts.length === 0 ? 'no time' : parts.join(', ');
};

/** What the tooltip of a row shows, and what assistive technology reads. */
export function rowText(columns: RunColumns, row: TimelineRow, now: number): string {
  if (row.kind === 'group') {
    const counts = new Map<number, number>();
    for (const call of row.box.members) {
      const code = columns.status[call] ?? 0;
      counts.set(code, (counts.get(code) ?? 0) + 1);
    }
    const statuses = STATUSES.flatMap((status, code) =>
      counts.has(code) ? [`${counts.get(code)} ${status}`] : [],
    );
    return `${rowName(columns, row)}\n${statuses.join(', ')}\n${groupTimes(row.span)}`;
  }
  const code = columns.status[row.call] ?? 0;
  const attempts = segmentsOf(columns, row.call, now);
  const before = attempts
    .slice(0, -1)
    .map(({ status }, index) => `attempt ${index + 1} ${statusOf(status)}`);
  return [
    rowName(columns, row),
    `${GLYPHS[code] ?? ''} ${statusOf(code)}`,
    timesText(callSpan(columns, row.call, now)),
    ...(before.length > 0 ? [before.join(', ')] : []),
  ].join('\n');
}

const groupTimes = (span: Span | undefined): string =>
  span === undefined
    ? 'not started'
    : `${formatDuration(span.end - span.queued)} from first to last`;

/** The timeline in words. */
export function timelineSummary(columns: RunColumns, { scale, rows, critical }: Timeline): string {
  let failed = 0;
  for (let call = 0; call < columns.known; call++) if (columns.status[call] === FAILED) failed += 1;
  return [
    `Timeline of ${formatCounted(columns.known, 'step')} in ${formatCounted(rows.length, 'row')}`,
    `over ${formatDuration(scale.end - scale.start)}`,
    `${formatCounted(failed, 'failure')}`,
    `${formatCounted(critical.size, 'step')} on the critical path`,
  ].join(', ');
}
