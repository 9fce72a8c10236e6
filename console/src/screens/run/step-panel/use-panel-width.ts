/**
 * The width of the panel, which the user can change and this browser remembers.
 *
 * @module
 */
import { type KeyboardEvent, type PointerEvent, useState } from 'react';

const KEY = 'headrace.panel-width';
const MIN_WIDTH = 320;
const DEFAULT_WIDTH = 400;

const bounded = (width: number): number =>
  Math.round(Math.max(MIN_WIDTH, Math.min(width, Math.max(MIN_WIDTH, innerWidth / 2))));

function storedWidth(): number {
  try {
    const width = Number(localStorage.getItem(KEY));
    return bounded(Number.isFinite(width) && width > 0 ? width : DEFAULT_WIDTH);
  } catch {
    return DEFAULT_WIDTH;
  }
}

/** The width in pixels, and the properties of the element by which it is changed. */
export function usePanelWidth() {
  const [width, setWidth] = useState(storedWidth);
  const change = (next: number) => {
    setWidth(bounded(next));
    try {
      localStorage.setItem(KEY, String(bounded(next)));
    } catch {
      // Without storage the width lasts as long as the page.
    }
  };
  return {
    width,
    handle: {
      role: 'separator',
      'aria-orientation': 'vertical',
      'aria-label': 'Width of the panel',
      'aria-valuenow': width,
      'aria-valuemin': MIN_WIDTH,
      tabIndex: 0,
      className:
        'absolute inset-y-0 -left-1 z-10 hidden w-2 cursor-col-resize hover:bg-accent/30 lg:block',
      onPointerDown: (event: PointerEvent<HTMLElement>) =>
        event.currentTarget.setPointerCapture(event.pointerId),
      onPointerMove: (event: PointerEvent<HTMLElement>) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId))
          change(innerWidth - event.clientX);
      },
      onKeyDown: (event: KeyboardEvent<HTMLElement>) => {
        if (event.key === 'ArrowLeft') change(width + 20);
        if (event.key === 'ArrowRight') change(width - 20);
      },
    } as const,
  };
}
