/**
 * What a resume or a rerun keeps of a run, and what is executed again, before it is requested.
 *
 * 1. It is a forecast: a call is kept only if the logic makes it again with equal arguments, and
 *    calls that the logic did not make yet are unknown.
 *
 * @module
 */
import type { StepStatus } from '../../../src/model/step.ts';

/** The calls of a run. */
export interface PlannedCalls {
  readonly callCount: number;
  statusOf(call: number): StepStatus;
  componentOf(call: number): string;
}

export type Restart =
  | { readonly kind: 'resume' }
  /** `from`: the first call that is executed again; undefined: no call is adopted. */
  | { readonly kind: 'rerun'; readonly from: number | undefined }
  /** A rerun that adopts every completed call. */
  | { readonly kind: 'keepCompleted' };

export interface KeepPlan {
  /** Numbers of calls by component, in the order of their first calls. */
  readonly kept: readonly ComponentCount[];
  readonly again: readonly ComponentCount[];
  readonly keptCalls: number;
  readonly againCalls: number;
}

export interface ComponentCount {
  readonly component: string;
  readonly calls: number;
}

export function keepPlan(calls: PlannedCalls, restart: Restart): KeepPlan {
  const kept = new Map<string, number>();
  const again = new Map<string, number>();
  for (let call = 0; call < calls.callCount; call += 1) {
    const status = calls.statusOf(call);
    if (status === 'superseded') continue;
    const component = calls.componentOf(call);
    const counts = isKept(call, status, restart) ? kept : again;
    counts.set(component, (counts.get(component) ?? 0) + 1);
  }
  return {
    kept: listOf(kept),
    again: listOf(again),
    keptCalls: sumOf(kept),
    againCalls: sumOf(again),
  };
}

function isKept(call: number, status: StepStatus, restart: Restart): boolean {
  if (status !== 'completed' && status !== 'cached') return false;
  return restart.kind !== 'rerun' || (restart.from !== undefined && call < restart.from);
}

const listOf = (counts: ReadonlyMap<string, number>): readonly ComponentCount[] =>
  [...counts].map(([component, calls]) => ({ component, calls }));

const sumOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, calls) => sum + calls, 0);
