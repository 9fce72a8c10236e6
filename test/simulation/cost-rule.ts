/**
 * Rule 5: the cost of a batch of transitions does not depend on the size of the run.
 *
 * @module
 */
import type { Transition } from '../../src/model/transition.ts';
import type { MirroredRun } from './mirrored-run.ts';
import { demand } from './violation.ts';

/** What one handling read and wrote, and what it had to do. */
export class CostTally {
  reads = 0;
  writes = 0;
  /** Events, commands, steps and edges that came of it: what the cost may depend on. */
  work = 0;
}

/** Rule 5. A sweep and the end of a run that is cut short look at all open steps: they are not bound by it. */
export function checkCost(
  { reads, writes, work }: CostTally,
  batch: readonly Transition[],
  run: MirroredRun | undefined,
): void {
  if (run === undefined || run.head.abortOutcome !== null || run.head.abortReason !== null) return;
  if (
    batch.some(
      ({ kind, ...rest }) => kind === 'run.sweep' || ('timer' in rest && rest.timer === 'sweep'),
    )
  )
    return;
  const bound = 12 + 8 * (batch.length + work);
  demand(
    reads <= bound && writes <= bound,
    '5 constant cost per transition',
    () =>
      `${reads} reads and ${writes} writes for ${batch.length} transitions and ${work} pieces of work`,
  );
}
