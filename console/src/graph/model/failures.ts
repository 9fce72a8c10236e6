/**
 * The walk through failed calls.
 *
 * @module
 */
import { FAILED } from '../../live/statuses.ts';

/** The failed call after (`step` 1) or before (-1) a call, around the ends; undefined without any. */
export function nextFailure(
  status: Uint8Array,
  calls: number,
  from: number | undefined,
  step: 1 | -1,
): number | undefined {
  if (calls === 0) return undefined;
  const start = from === undefined || from >= calls ? (step === 1 ? -1 : calls) : from;
  for (let distance = 1; distance <= calls; distance++) {
    const call = (start + step * distance + 2 * calls) % calls;
    if (status[call] === FAILED) return call;
  }
  return undefined;
}
