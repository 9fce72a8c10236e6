/**
 * A scale from times to places in which idle times are short.
 *
 * 1. Places grow with times: the scale is continuous and monotonic, and can be inverted.
 * 2. A collapsed gap has the same length whatever its duration.
 *
 * @module
 */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  /** Places of both ends, in milliseconds of the collapsed time. */
  readonly start: number;
  readonly end: number;
  readonly isGap: boolean;
}

/** An idle time is collapsed if it is longer than this share of the busy time, and than this time. */
const MIN_SHARE = 0.1;
const MIN_GAP_MS = 5_000;
/** The length of a collapsed gap, as a share of the busy time. */
const GAP_SHARE = 0.03;

/** The times in which something ran, merged and in order. */
export function busyTimes(spans: readonly Gap[]): readonly Gap[] {
  const sorted = spans.toSorted((a, b) => a.from - b.from);
  const busy: { from: number; to: number }[] = [];
  for (const { from, to } of sorted) {
    const last = busy.at(-1);
    if (last !== undefined && from <= last.to) last.to = Math.max(last.to, to);
    else busy.push({ from, to });
  }
  return busy;
}

export class TimeScale {
  readonly #pieces: readonly Piece[];
  readonly start: number;
  readonly end: number;
  /** The collapsed length of the whole. */
  readonly length: number;

  /** From `start` to `end`. With `busy` the idle times between are collapsed. */
  constructor(start: number, end: number, busy: readonly Gap[] | undefined) {
    this.start = start;
    this.end = Math.max(end, start + 1);
    this.#pieces = piecesOf(
      start,
      this.end,
      busy === undefined ? [] : gapsOf(start, this.end, busy),
      busy,
    );
    this.length = this.#pieces.at(-1)?.end ?? 1;
  }

  get gaps(): readonly Gap[] {
    return this.#pieces.filter(({ isGap }) => isGap);
  }

  /** The place of a time, from 0 to `length`. Times outside are moved to the ends. */
  placeOf(time: number): number {
    const piece = this.#find((each) => time <= each.to);
    return between(time, piece.from, piece.to, piece.start, piece.end);
  }

  timeOf(place: number): number {
    const piece = this.#find((each) => place <= each.end);
    return between(place, piece.start, piece.end, piece.from, piece.to);
  }

  #find(isReached: (piece: Piece) => boolean): Piece {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      const piece = this.#pieces[middle];
      if (piece !== undefined && isReached(piece)) high = middle;
      else low = middle + 1;
    }
    return this.#pieces[low] ?? { from: 0, to: 1, start: 0, end: 1, isGap: false };
  }
}

function between(value: number, low: number, high: number, start: number, end: number): number {
  const share = high > low ? Math.min(1, Math.max(0, (value - low) / (high - low))) : 0;
  return start + share * (end - start);
}

function gapsOf(start: number, end: number, busy: readonly Gap[]): readonly Gap[] {
  const total = busy.reduce((sum, { from, to }) => sum + (to - from), 0);
  const least = Math.max(MIN_GAP_MS, total * MIN_SHARE);
  const gaps: Gap[] = [];
  let last = start;
  for (const { from, to } of busy) {
    if (from - last > least) gaps.push({ from: last, to: from });
    last = Math.max(last, to);
  }
  if (end - last > least) gaps.push({ from: last, to: end });
  return gaps;
}

function piecesOf(
  start: number,
  end: number,
  gaps: readonly Gap[],
  busy: readonly Gap[] | undefined,
): readonly Piece[] {
  const total = (busy ?? []).reduce((sum, { from, to }) => sum + (to - from), 0);
  const gapLength = Math.max(1, total * GAP_SHARE);
  const pieces: Piece[] = [];
  let time = start;
  let place = 0;
  const add = (to: number, length: number, isGap: boolean) => {
    if (to <= time) return;
    pieces.push({ from: time, to, start: place, end: place + length, isGap });
    time = to;
    place += length;
  };
  for (const gap of gaps) {
    add(gap.from, gap.from - time, false);
    add(gap.to, gapLength, true);
  }
  add(end, end - time, false);
  return pieces;
}
