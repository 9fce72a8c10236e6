/**
 * Numbers of the calls of a run, and the calls as the plan of a restart reads them.
 *
 * @module
 */
import type { StepCounts } from '../../../../src/wire/step-counts.ts';
import { formatCounted } from '../../format/numbers.ts';
import type { PlannedCalls } from '../../forms/keep-plan.ts';
import type { RunColumns } from '../../live/columns.ts';
import { STATUSES, statusOf } from '../../live/statuses.ts';

/** Numbers of calls by status. */
export function statusCounts({ status, total }: RunColumns): StepCounts {
  const counts = new Uint32Array(STATUSES.length);
  for (let call = 0; call < total; call++) {
    const code = status[call] ?? 0;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return countsOfCodes(counts);
}

/** Numbers by status from numbers by code. */
export const countsOfCodes = (counts: Uint32Array): StepCounts =>
  Object.fromEntries(STATUSES.map((status, code) => [status, counts[code] ?? 0]));

/** What a run keeps when it is aborted, or when it continues. */
export function keptText(columns: RunColumns): string {
  const { completed = 0, cached = 0 } = statusCounts(columns);
  return `Kept: the results of ${formatCounted(completed + cached, 'completed step')}`;
}

/** The calls that a resume or a rerun keeps or executes again. */
export const plannedCalls = (columns: RunColumns): PlannedCalls => ({
  callCount: columns.known,
  statusOf: (call) => statusOf(columns.status[call] ?? 0),
  componentOf: (call) => columns.componentNameOf(call),
});

/** The call that `--from` names: the step of that name, else the first call of that component. */
export function firstCallNamed(columns: RunColumns, name: string): number | undefined {
  let ofComponent: number | undefined;
  for (let call = 0; call < columns.known; call++) {
    if (columns.nameOf(call) === name) return call;
    if (ofComponent === undefined && columns.componentNameOf(call) === name) ofComponent = call;
  }
  return ofComponent;
}
