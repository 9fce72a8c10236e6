/**
 * Durations as text.
 *
 * @module
 */

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** `320 ms`, `6.3 s`, `40 s`, `1 m 12 s`, `3 h 10 m`, `2 d 4 h`: two units at most. */
export function formatDuration(durationMs: number): string {
  // A clock that was set back.
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 995) return `${ms} ms`;
  if (ms < 9_950) return `${(ms / 1_000).toFixed(1).replace(/\.0$/, '')} s`;
  const seconds = Math.round(ms / 1_000) * 1_000;
  if (seconds < 60_000) return `${seconds / 1_000} s`;
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[first] ?? ['s', 1_000];
  const [nextUnit, nextSize] = UNITS[first + 1] ?? ['s', 1_000];
  // Rounded to the smaller unit, which may complete the larger one.
  const rounded = Math.round(seconds / nextSize) * nextSize;
  const larger = UNITS[first - 1]?.[1] ?? Number.POSITIVE_INFINITY;
  if (rounded >= larger) return formatDuration(rounded);
  const whole = Math.floor(rounded / size);
  const rest = Math.round((rounded - whole * size) / nextSize);
  return rest === 0 ? `${whole} ${unit}` : `${whole} ${unit} ${rest} ${nextUnit}`;
}
