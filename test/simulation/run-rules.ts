/**
 * The rules of runs: checked after each commit, and after each batch.
 *
 * Names of rules start with the number of the rule in docs/design.md, if it has one.
 *
 * @module
 */
import { isDeepStrictEqual } from 'node:util';
import { needsSlot } from '../../src/controller/turn/step-counters.ts';
import { isTerminalRun } from '../../src/model/run.ts';
import { countStatuses, isTerminalStep } from '../../src/model/step.ts';
import type { Transition } from '../../src/model/transition.ts';
import type { LeaseParty } from '../../src/ports/cache.ts';
import { describeStep, isRecorded, type MirroredRun } from './mirror.ts';
import { recount, unmetOf } from './recount.ts';
import { demand } from './violation.ts';

/** The reads and writes of one batch, and the work that it had to do. */
export class CostTally {
  reads = 0;
  writes = 0;
  /** Events, commands, steps and edges of the batch: the cost may depend on them. */
  work = 0;
}

/** Checks a run after a commit. */
export function checkRun(run: MirroredRun): void {
  const { head } = run;
  const counted = recount(run);
  for (const key of [
    'unfinishedSteps',
    'activeSteps',
    'unhandledFailures',
    'pendingSleepCount',
  ] as const) {
    demand(
      head[key] === counted[key],
      `5 head.${key} equals its recount`,
      () => `the head has ${head[key]}, the records ${counted[key]}`,
    );
  }
  const statuses = countStatuses(run.steps.values());
  demand(
    isDeepStrictEqual(head.stepCounts, statuses),
    '5 head.stepCounts equals its recount',
    () => `the head has ${JSON.stringify(head.stepCounts)}, the steps ${JSON.stringify(statuses)}`,
  );
  demand(
    head.position <= head.eventCount && head.countedEvents <= head.eventCount,
    'positions are within the history',
    () => `${head.position}, ${head.countedEvents} of ${head.eventCount}`,
  );
  for (const step of run.steps.values()) {
    demand(
      isRecorded(step) === run.completionEvents.has(step.call),
      'recorded steps and history agree',
      () => `${describeStep(step)} is ${step.status}, waiting for ${step.waitingFor}`,
    );
    if (step.status === 'pending' && step.waitingFor === 'parents') {
      const unmet = unmetOf(run, step);
      demand(
        step.unmetParents === unmet,
        '5 unmetParents equals its recount',
        () =>
          `${describeStep(step)}: unmetParents is ${step.unmetParents}, by the edges ${unmet}, watermark ${step.watermark}`,
      );
    }
  }
  for (const step of run.steps.values())
    demand(
      step.slot === undefined || needsSlot(step),
      'limits: a step that is neither queued nor running has no slot',
      () => `${describeStep(step)} is ${step.status}, waiting for ${step.waitingFor}`,
    );
  demand(
    head.externalEvaluator?.answerPending !== true || head.answerPaging,
    'an answer is pending only for a requested evaluation',
    () => JSON.stringify(head.externalEvaluator),
  );
  if (isTerminalRun(head.status)) checkTerminalRun(run);
}

function checkTerminalRun(run: MirroredRun): void {
  const { head } = run;
  for (const step of run.steps.values())
    demand(
      isRecorded(step),
      'a terminal run has no open step',
      () => `${describeStep(step)} is ${step.status}, waiting for ${step.waitingFor}`,
    );
  demand(run.timers.size === 0, 'a terminal run has no timer', () =>
    [...run.timers.keys()].join(', '),
  );
  demand(
    head.status !== 'completed' || (head.logicState === 'returned' && head.unhandledFailures === 0),
    'a completed run has no failure',
    () => `logic ${head.logicState}, ${head.unhandledFailures} failures`,
  );
  demand(head.endedAt !== null, 'a terminal run has an end time', () => head.status);
  for (const step of run.steps.values()) {
    demand(!step.holdsLease, 'a terminal run has no lease', () => describeStep(step));
    demand(step.slot === undefined, 'a terminal run has no slot', () => describeStep(step));
  }
}

/**
 * At most one step of all runs holds the lease of a cache key.
 *
 * @param isReleased the party released its lease, and its process crashed before the step was
 * written
 */
export function checkLeases(
  runs: Iterable<MirroredRun>,
  isReleased: (holder: LeaseParty) => boolean,
): void {
  const holders = new Map<string, string>();
  for (const run of runs) {
    for (const step of run.steps.values()) {
      if (
        step.cacheKey === null ||
        !step.holdsLease ||
        isTerminalStep(step.status) ||
        isReleased({ run: run.info.id, call: step.call })
      )
        continue;
      const other = holders.get(step.cacheKey);
      const holder = `${describeStep(step)} of run ${run.index}`;
      demand(
        other === undefined,
        'cache: one execution per key',
        () => `${other} and ${holder} both hold ${step.cacheKey}`,
      );
      holders.set(step.cacheKey, holder);
    }
  }
}

/**
 * Checks rule 5. It does not apply to a sweep and to the abort of a run, which read all open steps.
 */
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

/** No limit of concurrency is exceeded by the queued and running steps of all runs. */
export function checkLimits(runs: Iterable<MirroredRun>): void {
  const live = new Map<string, { limit: number; readonly steps: string[] }>();
  for (const run of runs) {
    for (const step of run.steps.values()) {
      if (step.slot === undefined || (step.status !== 'queued' && step.status !== 'running'))
        continue;
      const { key, limit } = step.slot;
      const found = live.get(key) ?? { limit, steps: [] };
      live.set(key, found);
      found.steps.push(`${describeStep(step)} of run ${run.index}`);
    }
  }
  for (const [key, { limit, steps }] of live)
    demand(
      steps.length <= limit,
      'limits: never more steps than the limit',
      () => `${steps.join(', ')} hold ${limit} slots of ${key}`,
    );
}
