/**
 * Times of a day as text.
 *
 * @module
 */
import { isTime, partsOf, type TimeZone } from './times.ts';

/** `09:58:12.041`: the time of a line in a log. */
export function formatClock(ms: number, zone: TimeZone): string {
  if (!isTime(ms)) return '–';
  const { hour, minute, second } = partsOf(ms, zone);
  const rest = String(((ms % 1_000) + 1_000) % 1_000).padStart(3, '0');
  return `${hour}:${minute}:${second}.${rest}`;
}
