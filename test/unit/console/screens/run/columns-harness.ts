/**
 * Columns of runs that tests describe by their calls.
 *
 * @module
 */
import { RunColumns } from '../../../../../console/src/live/columns.ts';
import type { StepStatus } from '../../../../../src/model/step.ts';

export type Call = readonly [
  component: string,
  status: StepStatus,
  /** When it was queued, started and ended, in milliseconds. */
  times?: readonly number[],
];

/** The columns of a run with these calls. `parents`: the parents of each call. */
export function columnsOf(
  calls: readonly Call[],
  parents: readonly (readonly number[])[] = [],
): RunColumns {
  const columns = new RunColumns();
  const components = [...new Set(calls.map(([component]) => component))];
  columns.appendGraph({
    epoch: 0,
    from: 0,
    calls: calls.length,
    more: false,
    components,
    component: calls.flatMap(([component]) => [components.indexOf(component), 1]),
    names: [],
    ordinals: components.map(() => 0),
    parents: calls.flatMap((_, call) => {
      const own = parents[call] ?? [];
      return [own.length, ...own.flatMap((parent) => [call - parent, 1])];
    }),
  });
  columns.applyChanges({
    epoch: 0,
    revision: 1,
    reset: false,
    more: false,
    run: null,
    calls: calls.length,
    steps: calls.map(
      ([, status, [queuedAt = null, startedAt = null, endedAt = null] = []], call) => ({
        call,
        status,
        attempts: 1,
        waitingFor: '',
        queuedAt,
        startedAt,
        endedAt,
      }),
    ),
  });
  return columns;
}
