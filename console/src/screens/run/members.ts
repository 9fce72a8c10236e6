/**
 * Ways from one call to another.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';
import { FAILED } from '../../live/statuses.ts';

/** The next call of the same component, or the previous one; undefined if there is none. */
export function memberBeside(
  columns: RunColumns,
  call: number,
  direction: 1 | -1,
): number | undefined {
  const component = columns.component[call];
  for (let other = call + direction; other >= 0 && other < columns.known; other += direction)
    if (columns.component[other] === component) return other;
  return undefined;
}

/** The next failed call after a call, or the previous one; the search continues at the other end. */
export function failureBeside(
  { status, known }: RunColumns,
  call: number | undefined,
  direction: 1 | -1,
): number | undefined {
  const from = call ?? (direction === 1 ? -1 : 0);
  for (let count = 1; count <= known; count++) {
    const other = (((from + direction * count) % known) + known) % known;
    if (status[other] === FAILED) return other;
  }
  return undefined;
}
