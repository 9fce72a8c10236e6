/**
 * Pointers over a timeline: the brush of the overview, and zoom and pan of the bars.
 *
 * @module
 */
import { GRIP } from './canvas/timeline-painter.ts';
import { panRange, type Range, rangeBetween, zoomRange } from './model/timeline/range.ts';
import type { TimeScale } from './model/timeline/time-scale.ts';

export interface TimelinePointer {
  readonly scale: () => TimeScale | undefined;
  readonly range: () => Range | undefined;
  readonly onRange: (range: Range) => void;
}

type Drag =
  | { readonly kind: 'new' | 'edge'; readonly anchor: number }
  | { readonly kind: 'move'; readonly grabbed: number };

/** Lets the overview be brushed: a drag selects, an edge is moved, the window is shifted. */
export function attachBrush(element: HTMLElement, pointer: TimelinePointer): () => void {
  let drag: Drag | undefined;
  const placeOf = (event: MouseEvent, scale: TimeScale) => {
    const { left, width } = element.getBoundingClientRect();
    return (Math.max(0, Math.min(width, event.clientX - left)) / Math.max(1, width)) * scale.length;
  };
  const onDown = (event: PointerEvent) => {
    const scale = pointer.scale();
    const range = pointer.range();
    if (scale === undefined || range === undefined || event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    const place = placeOf(event, scale);
    const grip = (GRIP / Math.max(1, element.clientWidth)) * scale.length;
    const isWhole = range.to - range.from >= scale.length * 0.999;
    if (Math.abs(place - range.from) < grip) drag = { kind: 'edge', anchor: range.to };
    else if (Math.abs(place - range.to) < grip) drag = { kind: 'edge', anchor: range.from };
    else if (!isWhole && place > range.from && place < range.to) {
      drag = { kind: 'move', grabbed: place - range.from };
    } else drag = { kind: 'new', anchor: place };
  };
  const onMove = (event: PointerEvent) => {
    const scale = pointer.scale();
    const range = pointer.range();
    if (drag === undefined || scale === undefined || range === undefined) return;
    const place = placeOf(event, scale);
    if (drag.kind === 'move') {
      const share = (place - drag.grabbed - range.from) / (range.to - range.from);
      pointer.onRange(panRange(range, share, scale));
    } else pointer.onRange(rangeBetween(drag.anchor, place, scale));
  };
  const onUp = () => {
    drag = undefined;
  };
  const controller = new AbortController();
  const { signal } = controller;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  return () => controller.abort();
}

/** Ctrl and the wheel, or a pinch, zoom at the pointer; Shift and the wheel move sideways. */
export function attachWheel(element: HTMLElement, pointer: TimelinePointer): () => void {
  const onWheel = (event: WheelEvent) => {
    const scale = pointer.scale();
    const range = pointer.range();
    if (scale === undefined || range === undefined) return;
    const { left, width } = element.getBoundingClientRect();
    const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    if (event.ctrlKey || event.metaKey) {
      const share = (event.clientX - left) / Math.max(1, width);
      pointer.onRange(zoomRange(range, Math.exp(-event.deltaY * 0.005), share, scale));
    } else if (sideways !== 0)
      pointer.onRange(panRange(range, sideways / Math.max(1, width), scale));
    else return;
    event.preventDefault();
  };
  element.addEventListener('wheel', onWheel, { passive: false });
  return () => element.removeEventListener('wheel', onWheel);
}
