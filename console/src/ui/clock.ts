/**
 * The current time for views that show ages and durations of what is not over.
 *
 * @module
 */
import { useEffect, useState } from 'react';
import { serverClock } from '../api/server-clock.ts';

/** Milliseconds since the epoch by the clock of the server, renewed while the page is visible. */
export function useNow(intervalMs = 1_000, isActive = true): number {
  const [now, setNow] = useState(() => serverClock.now());
  useEffect(() => {
    if (!isActive) return;
    const read = () => setNow(serverClock.now());
    read();
    const timer = setInterval(() => {
      if (!document.hidden) read();
    }, intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs, isActive]);
  return now;
}
