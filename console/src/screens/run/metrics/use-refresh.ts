import { useEffect, useState } from 'react';

const REFRESH_MS = 5_000;

/** A number that changes every few seconds while points may be added. */
export function useRefresh(isActive: boolean): number {
  const [count, setCount] = useState(0);
  useEffect(() => {
    if (!isActive) return;
    const timer = setInterval(() => {
      if (!document.hidden) setCount((before) => before + 1);
    }, REFRESH_MS);
    return () => clearInterval(timer);
  }, [isActive]);
  return count;
}
