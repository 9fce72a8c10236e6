/**
 * The visible range of a timeline in the address: `<from>-<to>`, milliseconds after the first time.
 *
 * @module
 */
import type { TimeScale } from './time-scale.ts';

/** Places of both ends on the scale. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** No view is narrower. */
const MIN_LENGTH_MS = 10;

export const wholeRange = (scale: TimeScale): Range => ({ from: 0, to: scale.length });

export function parseRange(text: string | undefined, scale: TimeScale): Range {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? '');
  if (match === null) return wholeRange(scale);
  const from = scale.placeOf(scale.start + Number(match[1]));
  const to = scale.placeOf(scale.start + Number(match[2]));
  return to - from < 1 ? wholeRange(scale) : { from, to };
}

/** Undefined for the whole. */
export function formatRange({ from, to }: Range, scale: TimeScale): string | undefined {
  if (from <= scale.length * 0.001 && to >= scale.length * 0.999) return undefined;
  const offset = (place: number) => Math.round(scale.timeOf(place) - scale.start);
  return `${offset(from)}-${Math.max(offset(to), offset(from) + MIN_LENGTH_MS)}`;
}

/** The range within the scale, at least a minimum long. */
function clamped(range: Range, scale: TimeScale): Range {
  const length = Math.min(scale.length, Math.max(MIN_LENGTH_MS, range.to - range.from));
  const from = Math.min(Math.max(0, range.from), scale.length - length);
  return { from, to: from + length };
}

/** Shortens the range by a factor above 1 around the place that is at `share` of it. */
export function zoomRange(range: Range, factor: number, share: number, scale: TimeScale): Range {
  const length = (range.to - range.from) / factor;
  const at = range.from + (range.to - range.from) * share;
  return clamped({ from: at - length * share, to: at + length * (1 - share) }, scale);
}

/** Moves the range by a share of its length. */
export function panRange(range: Range, share: number, scale: TimeScale): Range {
  const by = (range.to - range.from) * share;
  return clamped({ from: range.from + by, to: range.to + by }, scale);
}

export const rangeBetween = (a: number, b: number, scale: TimeScale): Range =>
  clamped({ from: Math.min(a, b), to: Math.max(a, b) }, scale);
