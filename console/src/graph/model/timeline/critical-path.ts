/**
 * The critical path of a run: the chain of calls that determined when it ended.
 *
 * @module
 */
import type { RunColumns } from '../../../live/columns.ts';
import { type CallTimes, callSpan } from './spans.ts';

type Structure = Pick<RunColumns, 'known' | 'eachParent'>;

/**
 * From the call that ended last back to a source: of the parents of a call, the one that ended last.
 * In the order of calls.
 */
export function criticalPath(calls: Structure & CallTimes, now: number): readonly number[] {
  const endOf = (call: number) => callSpan(calls, call, now)?.end ?? -1;
  let last = -1;
  let latest = -1;
  for (let call = 0; call < calls.known; call++) {
    const end = endOf(call);
    if (end >= 0 && end >= latest) {
      latest = end;
      last = call;
    }
  }
  const path: number[] = [];
  while (last >= 0) {
    path.push(last);
    let next = -1;
    let end = -1;
    calls.eachParent(last, (parent) => {
      const other = endOf(parent);
      if (other > end) {
        end = other;
        next = parent;
      }
    });
    last = next;
  }
  return path.toReversed();
}
