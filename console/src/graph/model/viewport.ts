/**
 * The part of the picture that is visible: screen = world × scale + offset.
 *
 * @module
 */
export interface Viewport {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Bounds {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export const MIN_SCALE = 0.002;
export const MAX_SCALE = 12;
/** Space between the picture and the edges of the screen. */
const MARGIN = 32;

const clampScale = (scale: number): number => Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));

/** The whole picture, in the middle. It is not enlarged beyond its own size. */
export function fitTo(bounds: Bounds, { width, height }: Size): Viewport {
  const across = Math.max(1, bounds.right - bounds.left);
  const down = Math.max(1, bounds.bottom - bounds.top);
  const room = Math.min(
    Math.max(1, width - 2 * MARGIN) / across,
    Math.max(1, height - 2 * MARGIN) / down,
  );
  return centred(bounds, { width, height }, clampScale(Math.min(1, room)));
}

function centred(bounds: Bounds, { width, height }: Size, scale: number): Viewport {
  return {
    scale,
    x: width / 2 - ((bounds.left + bounds.right) / 2) * scale,
    y: height / 2 - ((bounds.top + bounds.bottom) / 2) * scale,
  };
}

/** Scales by a factor; the point of the screen shows the same point of the picture. */
export function zoomAt(viewport: Viewport, factor: number, x: number, y: number): Viewport {
  const scale = clampScale(viewport.scale * factor);
  const ratio = scale / viewport.scale;
  return { scale, x: x - (x - viewport.x) * ratio, y: y - (y - viewport.y) * ratio };
}

export const panBy = (viewport: Viewport, dx: number, dy: number): Viewport => ({
  ...viewport,
  x: viewport.x + dx,
  y: viewport.y + dy,
});

/** The visible part of the picture. */
export function visibleBounds({ scale, x, y }: Viewport, { width, height }: Size): Bounds {
  return {
    left: -x / scale,
    top: -y / scale,
    right: (width - x) / scale,
    bottom: (height - y) / scale,
  };
}

/** Whether the whole picture is visible. */
export function shows(viewport: Viewport, size: Size, bounds: Bounds): boolean {
  const visible = visibleBounds(viewport, size);
  return (
    bounds.left >= visible.left &&
    bounds.right <= visible.right &&
    bounds.top >= visible.top &&
    bounds.bottom <= visible.bottom
  );
}

/**
 * Moves the least so that a part of the picture is visible with a margin; a part that is larger
 * than the screen is centred. The scale stays, but not below `minScale`.
 */
export function reveal(viewport: Viewport, part: Bounds, size: Size, minScale = 0): Viewport {
  const scale = Math.max(viewport.scale, minScale);
  const from = scale === viewport.scale ? viewport : centred(part, size, scale);
  const shift = (low: number, high: number, offset: number, length: number): number => {
    const start = low * scale + offset;
    const end = high * scale + offset;
    if (end - start > length - 2 * MARGIN) return (length - start - end) / 2;
    if (start < MARGIN) return MARGIN - start;
    return end > length - MARGIN ? length - MARGIN - end : 0;
  };
  return {
    scale,
    x: from.x + shift(part.left, part.right, from.x, size.width),
    y: from.y + shift(part.top, part.bottom, from.y, size.height),
  };
}
