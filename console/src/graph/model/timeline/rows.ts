/**
 * The rows of a timeline: one a box of the graph, and below an expanded one its members.
 *
 * @module
 */
import type { Box } from '../box-graph.ts';
import { type CallTimes, callSpan, type Span } from './spans.ts';

export type TimelineSort = 'start' | 'call' | 'duration';

export interface GroupRow {
  readonly kind: 'group';
  readonly box: Box;
  readonly index: number;
  /** From the first queueing, the first start, to the last end; undefined if nothing has started. */
  readonly span: Span | undefined;
  readonly isExpanded: boolean;
}

export interface CallRow {
  readonly kind: 'call';
  readonly call: number;
  readonly isMember: boolean;
}

export type TimelineRow = GroupRow | CallRow;

/** The span of several calls: nothing of them is outside, and `start` is their first start. */
export function spanOfCalls(times: CallTimes, calls: Int32Array, now: number): Span | undefined {
  let queued = Number.POSITIVE_INFINITY;
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    const span = callSpan(times, call, now);
    if (span === undefined) continue;
    queued = Math.min(queued, span.queued);
    start = Math.min(start, span.start);
    end = Math.max(end, span.end);
  }
  return end === Number.NEGATIVE_INFINITY ? undefined : { queued, start, end };
}

/** Rows in the order of calls, of first times, or of durations with the longest first. */
export function rowsOf(
  times: CallTimes,
  boxes: readonly Box[],
  expanded: ReadonlySet<number>,
  sort: TimelineSort,
  now: number,
): readonly TimelineRow[] {
  const groups = boxes.map((box, index) => ({
    box,
    index,
    span: spanOfCalls(times, box.members, now),
  }));
  const sorted = groups.toSorted((a, b) => compare(a.span, b.span, sort) || a.index - b.index);
  return sorted.flatMap(({ box, index, span }): TimelineRow[] => {
    if (box.members.length === 1) return [{ kind: 'call', call: box.first, isMember: false }];
    const isExpanded = expanded.has(box.first);
    const group: GroupRow = { kind: 'group', box, index, span, isExpanded };
    if (!isExpanded) return [group];
    const members = [...box.members]
      .map((call) => ({ call, span: callSpan(times, call, now) }))
      .sort((a, b) => compare(a.span, b.span, sort) || a.call - b.call)
      .map(({ call }): CallRow => ({ kind: 'call', call, isMember: true }));
    return [group, ...members];
  });
}

/** What has no times yet is last. */
function compare(a: Span | undefined, b: Span | undefined, sort: TimelineSort): number {
  if (sort === 'call') return 0;
  if (a === undefined || b === undefined)
    return (a === undefined ? 1 : 0) - (b === undefined ? 1 : 0);
  return sort === 'start' ? a.queued - b.queued : b.end - b.start - (a.end - a.start);
}

/** The row of a call, or that of its group while the group is not expanded; -1 without one. */
export function indexOfCall(rows: readonly TimelineRow[], call: number): number {
  const own = rows.findIndex((row) => row.kind === 'call' && row.call === call);
  if (own >= 0) return own;
  return rows.findIndex((row) => row.kind === 'group' && row.box.members.includes(call));
}
