/**
 * The current time for views that show ages and durations of what is not over.
 *
 * @module
 */
import { useEffect, useState } from 'react';

/** Milliseconds since the epoch, renewed every `intervalMs` while the page is visible. */
export function useNow(intervalMs = 1_000, isActive = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isActive) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Date.now());
    }, intervalMs);
    return () => clearInterval(timer);
  }, [intervalMs, isActive]);
  return now;
}
