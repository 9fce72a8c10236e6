/**
 * Finds the steps that a restart cannot run again because a parent that is not restarted blocks
 * them. Pure.
 *
 * A step is skipped because of its first parent that did not succeed. A restart may run that parent
 * again, while another parent, which failed later, keeps its status and blocks the step.
 *
 * @module
 */
import type { ComponentDeclaration } from '../../model/options.ts';
import type { Step } from '../../model/step.ts';
import { allowsChildren, rootCause } from '../turn/step-counters.ts';

export interface RestartedSteps {
  readonly steps: readonly Step[];
  /** Calls that the restart runs again. */
  readonly rerunCalls: ReadonlySet<number>;
  readonly parents: ReadonlyMap<number, readonly number[]>;
  readonly declarations: ReadonlyMap<string, ComponentDeclaration>;
}

/** The blocked steps by call, as skipped steps. Their `cause` is the root cause of the block. */
export function findBlockedSteps({
  steps,
  rerunCalls,
  parents,
  declarations,
}: RestartedSteps): ReadonlyMap<number, Step> {
  const blocked = new Map<number, Step>();
  const byCall = new Map(steps.map((step) => [step.call, step]));
  const blockerOf = (step: Step): Step | undefined => {
    for (const call of parents.get(step.call) ?? []) {
      const parent = blocked.get(call) ?? byCall.get(call);
      if (parent === undefined || (rerunCalls.has(call) && !blocked.has(call))) continue;
      const declaration = declarations.get(parent.component);
      if (declaration !== undefined && !allowsChildren(parent, declaration)) return parent;
    }
    return undefined;
  };
  const candidates = steps.filter((step) => rerunCalls.has(step.call));
  for (let found = true; found; ) {
    found = false;
    for (const step of candidates) {
      const blocker = blocked.has(step.call) ? undefined : blockerOf(step);
      if (blocker === undefined) continue;
      blocked.set(step.call, {
        ...step,
        status: 'skipped',
        waitingFor: 'none',
        cause: rootCause(blocker),
      });
      found = true;
    }
  }
  return blocked;
}
