/**
 * What a resume, a rerun and an abort keep, before they are requested.
 *
 * @module
 */
import type { StepCounts } from '../../../../src/wire/step-counts.ts';
import type { RunColumns } from '../../live/columns.ts';
import { CACHED, COMPLETED, STATUSES, SUPERSEDED } from '../../live/statuses.ts';

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

export interface KeptWork {
  /** Steps whose results are kept or adopted. */
  readonly kept: number;
  /** Steps that are executed again, and steps that were not executed yet. */
  readonly executed: number;
}

const isSuccess = (code: number | undefined): boolean => code === COMPLETED || code === CACHED;

/** A resume keeps what succeeded. */
export function keptByResume(columns: RunColumns): KeptWork {
  return keptBefore(columns, Number.POSITIVE_INFINITY);
}

/** A rerun adopts the calls before the first one that runs again, if they succeeded. */
export function keptByRerun(columns: RunColumns, firstCall: number | null): KeptWork {
  return keptBefore(columns, firstCall ?? 0);
}

function keptBefore({ status, total }: RunColumns, end: number): KeptWork {
  let kept = 0;
  let executed = 0;
  for (let call = 0; call < total; call++) {
    const code = status[call];
    if (code === SUPERSEDED) continue;
    if (call < end && isSuccess(code)) kept++;
    else executed++;
  }
  return { kept, executed };
}

/** The call that `--from` names: the step of that name, else the first call of that component. */
export function firstCallNamed(columns: RunColumns, name: string): number | undefined {
  let ofComponent: number | undefined;
  for (let call = 0; call < columns.known; call++) {
    if (columns.nameOf(call) === name) return call;
    if (ofComponent === undefined && columns.componentNameOf(call) === name) ofComponent = call;
  }
  return ofComponent;
}
