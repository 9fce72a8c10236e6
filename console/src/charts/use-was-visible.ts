import { useEffect, useState } from 'react';

/** Whether an element is in view, or was: a chart is read and drawn when it is first needed. */
export function useWasVisible(): readonly [
  ref: (element: HTMLElement | null) => void,
  wasVisible: boolean,
] {
  const [element, setElement] = useState<HTMLElement | null>(null);
  const [wasVisible, setVisible] = useState(false);
  useEffect(() => {
    if (element === null || wasVisible) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setVisible(true);
      },
      { rootMargin: '200px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, wasVisible]);
  return [setElement, wasVisible];
}
