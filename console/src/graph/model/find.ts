/**
 * Steps by a part of their names.
 *
 * @module
 */
import type { RunColumns } from '../../live/columns.ts';

/** Calls whose name contains the text, without regard to case, in their order. */
export function findCalls(columns: RunColumns, text: string): readonly number[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return [];
  const found: number[] = [];
  for (let call = 0; call < columns.known; call++) {
    if (columns.nameOf(call).toLowerCase().includes(wanted)) found.push(call);
  }
  return found;
}

/** The first of ascending calls after (`step` 1) or before (-1) one, around the ends. */
export function nextOf(
  calls: readonly number[],
  from: number | undefined,
  step: 1 | -1,
): number | undefined {
  if (from === undefined) return step === 1 ? calls[0] : calls.at(-1);
  return step === 1
    ? (calls.find((call) => call > from) ?? calls[0])
    : (calls.findLast((call) => call < from) ?? calls.at(-1));
}
