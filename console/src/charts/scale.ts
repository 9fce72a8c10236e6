/**
 * From values to places on an axis, and the marks of an axis. Pure.
 *
 * @module
 */

export interface Scale {
  readonly from: number;
  readonly to: number;
  /** Pixels. */
  readonly length: number;
  readonly isLogarithmic: boolean;
}

/** Pixels from the start of the axis. */
export function placeOf({ from, to, length, isLogarithmic }: Scale, value: number): number {
  const on = isLogarithmic ? Math.log10 : Number;
  return ((on(value) - on(from)) / (on(to) - on(from))) * length;
}

/** The inverse of `placeOf`. */
export function valueAt({ from, to, length, isLogarithmic }: Scale, place: number): number {
  const share = place / length;
  return isLogarithmic ? from * (to / from) ** share : from + (to - from) * share;
}

/** Whether a value has a place. */
export const isDrawable = (value: number | null | undefined, isLogarithmic: boolean) =>
  typeof value === 'number' && Number.isFinite(value) && (!isLogarithmic || value > 0);

/**
 * The axis of the values: from the smallest to the largest, with a margin.
 *
 * @param margin at both ends, as a share of the axis; equal values always have one
 */
export function scaleOf(
  columns: Iterable<readonly (number | null)[]>,
  options: { readonly length: number; readonly isLogarithmic: boolean; readonly margin: number },
): Scale {
  const { length, isLogarithmic, margin } = options;
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const values of columns)
    for (const value of values)
      if (value !== null && isDrawable(value, isLogarithmic)) {
        if (value < from) from = value;
        if (value > to) to = value;
      }
  if (from > to) [from, to] = [1, 1];
  if (isLogarithmic) {
    const factor = from === to ? 2 : (to / from) ** margin;
    return { from: from / factor, to: to * factor, length, isLogarithmic };
  }
  const room = from === to ? Math.abs(from) * 0.1 || 1 : to * margin - from * margin;
  return { from: from - room, to: to + room, length, isLogarithmic };
}

/** The smallest of 1, 2, 5, 10, 20, 50 … and their parts that is not below the distance. */
export function niceStep(distance: number): number {
  const power = 10 ** Math.floor(Math.log10(distance));
  return (([1, 2, 5] as const).find((each) => each * power >= distance) ?? 10) * power;
}

/** Values of marks that are at least a number of pixels apart. */
export function ticksOf(scale: Scale, distance: number, stepOf = niceStep): readonly number[] {
  const { from, to, length, isLogarithmic } = scale;
  if (isLogarithmic) {
    const ticks = apart(scale, powersOf(from, to), distance);
    if (ticks.length > 1) return ticks;
  }
  const step = stepOf(((to - from) / length) * distance);
  const first = Math.ceil(from / step);
  const ticks: number[] = [];
  for (let index = 0; index <= length / distance + 1; index++) {
    const tick = (first + index) * step;
    if (tick <= to && (!isLogarithmic || tick > 0)) ticks.push(tick);
  }
  return isLogarithmic ? apart(scale, ticks, distance) : ticks;
}

/** Powers of ten; of a short axis, their double and fivefold, too. */
function powersOf(from: number, to: number): readonly number[] {
  const factors = to / from < 1_000 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++)
    for (const factor of factors) {
      const tick = factor * 10 ** power;
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  return ticks;
}

/** Every n-th mark, so that no two are nearer than the distance. */
function apart(scale: Scale, ticks: readonly number[], distance: number): readonly number[] {
  let last = Number.NEGATIVE_INFINITY;
  return ticks.filter((tick) => {
    const place = placeOf(scale, tick);
    if (place - last < distance) return false;
    last = place;
    return true;
  });
}

/** The index of the nearest of ascending values; -1 if there is none. */
export function nearestIndex(values: readonly number[], value: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  const before = values[low - 1];
  const at = values[low];
  return before !== undefined && at !== undefined && value - before <= at - value ? low - 1 : high;
}
