/**
 * Gestures on a canvas: wheel and pinch zoom, a drag pans, a click selects; a drag that starts on a
 * cell selects a range.
 *
 * @module
 */
export interface GestureHandlers {
  /** Whether a drag from this point selects a range instead of panning. */
  readonly startsRange: (x: number, y: number) => boolean;
  readonly onPan: (dx: number, dy: number) => void;
  readonly onZoom: (factor: number, x: number, y: number) => void;
  readonly onHover: (x: number, y: number) => void;
  readonly onLeave: () => void;
  readonly onClick: (x: number, y: number) => void;
  readonly onDoubleClick: (x: number, y: number) => void;
  readonly onRange: (x: number, y: number, state: 'drag' | 'end' | 'cancel') => void;
}

/** A pointer that moved less than this clicks. */
const CLICK_DISTANCE = 4;

interface Point {
  readonly x: number;
  readonly y: number;
}

export function attachGestures(element: HTMLElement, handlers: GestureHandlers): () => void {
  const pointers = new Map<number, Point>();
  let mode: 'none' | 'press' | 'pan' | 'range' | 'pinch' = 'none';
  let start: Point = { x: 0, y: 0 };
  let startsRange = false;

  const pointOf = (event: MouseEvent): Point => {
    const { left, top } = element.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  const pinch = (event: PointerEvent, before: Point, now: Point) => {
    const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) return;
    const distance = (point: Point) => Math.hypot(point.x - other.x, point.y - other.y);
    handlers.onZoom(
      distance(now) / Math.max(1, distance(before)),
      (now.x + other.x) / 2,
      (now.y + other.y) / 2,
    );
  };

  const onDown = (event: PointerEvent) => {
    if (event.button > 1) return;
    element.setPointerCapture(event.pointerId);
    const point = pointOf(event);
    pointers.set(event.pointerId, point);
    if (pointers.size > 1) {
      if (mode === 'range') handlers.onRange(point.x, point.y, 'cancel');
      mode = 'pinch';
      return;
    }
    mode = 'press';
    start = point;
    startsRange =
      event.button === 0 && event.pointerType === 'mouse' && handlers.startsRange(point.x, point.y);
  };

  const onMove = (event: PointerEvent) => {
    const now = pointOf(event);
    let before = pointers.get(event.pointerId);
    if (before === undefined) {
      handlers.onHover(now.x, now.y);
      return;
    }
    pointers.set(event.pointerId, now);
    if (mode === 'press' && Math.hypot(now.x - start.x, now.y - start.y) >= CLICK_DISTANCE) {
      mode = startsRange ? 'range' : 'pan';
      // The drag started where the button was pressed.
      before = start;
      if (startsRange) handlers.onRange(start.x, start.y, 'drag');
    }
    if (mode === 'pinch') pinch(event, before, now);
    else if (mode === 'pan') handlers.onPan(now.x - before.x, now.y - before.y);
    else if (mode === 'range') handlers.onRange(now.x, now.y, 'drag');
  };

  const onUp = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId)) return;
    const { x, y } = pointOf(event);
    const isCancelled = event.type === 'pointercancel';
    if (mode === 'press' && !isCancelled && event.button === 0) handlers.onClick(x, y);
    if (mode === 'range') handlers.onRange(x, y, isCancelled ? 'cancel' : 'end');
    mode = pointers.size === 0 ? 'none' : 'pan';
  };

  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { x, y } = pointOf(event);
    if (event.shiftKey || (event.deltaX !== 0 && !event.ctrlKey)) {
      handlers.onPan(-(event.deltaX || event.deltaY), event.deltaX === 0 ? 0 : -event.deltaY);
      return;
    }
    // A pinch on a touchpad is a wheel with Ctrl, in small steps.
    const speed = event.ctrlKey ? 0.01 : 0.0018;
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    handlers.onZoom(Math.exp(-event.deltaY * lines * speed), x, y);
  };

  const onDouble = (event: MouseEvent) => {
    const { x, y } = pointOf(event);
    handlers.onDoubleClick(x, y);
  };

  const controller = new AbortController();
  const { signal } = controller;
  element.addEventListener('pointerdown', onDown, { signal });
  element.addEventListener('pointermove', onMove, { signal });
  element.addEventListener('pointerup', onUp, { signal });
  element.addEventListener('pointercancel', onUp, { signal });
  element.addEventListener('pointerleave', handlers.onLeave, { signal });
  element.addEventListener('wheel', onWheel, { signal, passive: false });
  element.addEventListener('dblclick', onDouble, { signal });
  return () => controller.abort();
}
