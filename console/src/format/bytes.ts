/**
 * Sizes as text.
 *
 * @module
 */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** `812 B`, `12.4 MB`: powers of 1,000, three digits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // 999.5 would be shown as 1000.
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit++;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}
