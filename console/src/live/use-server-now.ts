/**
 * The time of the service in components.
 *
 * @module
 */
import { useEffect, useState } from 'react';
import type { RunFeed } from './run-feed.ts';

/** Milliseconds since the epoch by the clock of the service; again every second while `ticks`. */
export function useServerNow(feed: RunFeed, ticks: boolean): number {
  const [now, setNow] = useState(() => feed.clock.now());
  useEffect(() => {
    const read = () => setNow(feed.clock.now());
    read();
    if (!ticks) return;
    const timer = setInterval(read, 1000);
    return () => clearInterval(timer);
  }, [feed, ticks]);
  return now;
}
