/**
 * When calls were queued and ran. Times are milliseconds since the epoch.
 *
 * @module
 */
import { type AttemptTimes, NO_TIME, type RunColumns } from '../../../live/columns.ts';
import { FAILED, QUEUED, RUNNING } from '../../../live/statuses.ts';

/** What the timeline reads of a run's columns. */
export type CallTimes = Pick<
  RunColumns,
  'status' | 'queued' | 'started' | 'ended' | 'attempts' | 'attemptTimes'
>;

/** The first time, the start of the run part, and the end; `start` equals `end` for no run part. */
export interface Span {
  readonly queued: number;
  readonly start: number;
  readonly end: number;
}

/**
 * The times of one attempt or call. What has not ended lasts until `now`. Undefined if nothing is on
 * record.
 */
function spanOf(
  { queued, started, ended }: Pick<AttemptTimes, 'queued' | 'started' | 'ended'>,
  isOpen: boolean,
  now: number,
): Span | undefined {
  const first = queued >= 0 ? queued : started >= 0 ? started : ended;
  if (first < 0) return undefined;
  const end = Math.max(first, ended >= 0 ? ended : isOpen ? now : started >= 0 ? started : first);
  const start = started >= 0 ? Math.min(end, Math.max(first, started)) : end;
  return { queued: first, start, end };
}

/** A call from its first queueing to its end. */
export function callSpan(times: CallTimes, call: number, now: number): Span | undefined {
  const code = times.status[call] ?? 0;
  return spanOf(
    {
      queued: times.queued[call] ?? NO_TIME,
      started: times.started[call] ?? NO_TIME,
      ended: times.ended[call] ?? NO_TIME,
    },
    code === RUNNING || code === QUEUED,
    now,
  );
}

/** A part of a call's bar. */
export interface Segment extends Span {
  readonly status: number;
}

/** The attempts of a call as segments; a call with one attempt has one segment. */
export function segmentsOf(times: CallTimes, call: number, now: number): readonly Segment[] {
  const status = times.status[call] ?? 0;
  const whole = callSpan(times, call, now);
  if (whole === undefined) return [];
  const attempts = times.attemptTimes.get(call);
  if (attempts !== undefined && attempts.length > 1) {
    return attempts.flatMap((attempt, index) => {
      const isLast = index === attempts.length - 1;
      const isOpen = isLast && (status === RUNNING || status === QUEUED);
      const span = spanOf(attempt, isOpen, now);
      return span === undefined ? [] : [{ ...span, status: isLast ? status : attempt.status }];
    });
  }
  // Times of the attempts before the last one are not on record yet: they are one part.
  const started = times.started[call] ?? NO_TIME;
  const isRetry = (times.attempts[call] ?? 0) > 1 && started > whole.queued;
  return isRetry
    ? [
        { queued: whole.queued, start: whole.queued, end: whole.start, status: FAILED },
        { ...whole, queued: whole.start, status },
      ]
    : [{ ...whole, status }];
}
