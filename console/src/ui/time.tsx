import type { ReactNode } from 'react';
import { serverClock } from '../api/server-clock.ts';
import { formatDuration } from '../format/durations.ts';
import { formatIso, formatRelative, formatTime } from '../format/times.ts';
import { useNow } from './clock.ts';
import { useSettings } from './settings.ts';

/** A time of a document, with its distance and its ISO form as title. */
export function Time(props: { readonly at: string | number | null }): ReactNode {
  const { timeZone } = useSettings();
  if (props.at === null) return <span className="text-muted">–</span>;
  const ms = typeof props.at === 'number' ? props.at : Date.parse(props.at);
  const now = serverClock.now();
  return (
    <time
      dateTime={formatIso(ms)}
      title={`${formatRelative(ms, now)} · ${formatIso(ms)}`}
      className="whitespace-nowrap"
    >
      {formatTime(ms, timeZone, now)}
    </time>
  );
}

/** The time between two times. Without an end it grows. */
export function Duration(props: {
  readonly from: string | null;
  readonly to: string | null;
}): ReactNode {
  const { from, to } = props;
  const now = useNow(1_000, from !== null && to === null);
  if (from === null) return <span className="text-muted">–</span>;
  const end = to === null ? now : Date.parse(to);
  return <span className="whitespace-nowrap">{formatDuration(end - Date.parse(from))}</span>;
}
