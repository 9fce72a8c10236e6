/**
 * Forms the groups that a commit fixes. Pure.
 *
 * 1. Ready calls of one component and queue form one group, in the order of calls (rule 8).
 * 2. A group has at most `maxGroupSize` members; the remaining calls form further groups.
 * 3. A child run is a group of its own, so that its refusal fails no other call.
 *
 * @module
 */
import { CHILD_RUN_QUEUE } from '../../model/child-pipeline.ts';
import { childJobName } from '../../model/child-run-ids.ts';
import { jobName, type RunId } from '../../model/ids.ts';
import type { ComponentDeclaration } from '../../model/options.ts';
import { attemptStartId } from '../../model/run-reports.ts';
import type { Step } from '../../model/step.ts';
import type { Group, RunReport } from '../../ports/tasks.ts';
import { queueAttempt } from './attempts.ts';

interface FormedGroup {
  readonly group: Group;
  /** The members, each with an attempt queued in the group's job. */
  readonly steps: readonly Step[];
}

export function formGroups(
  steps: readonly Step[],
  {
    run,
    generation,
    firstNumber,
    maxGroupSize,
    now,
  }: {
    readonly run: RunId;
    readonly generation: number;
    /** The number of the first group. */
    readonly firstNumber: number;
    readonly maxGroupSize: number;
    readonly now: number;
  },
): readonly FormedGroup[] {
  return splitByComponentAndQueue(steps, maxGroupSize).map((members, index) => {
    const number = firstNumber + index;
    const queue = members[0]?.queue ?? '';
    const nameOf = queue === CHILD_RUN_QUEUE ? childJobName : jobName;
    const name = nameOf(run, generation, number);
    const queued = members.map((step, place) => queueAttempt(step, { name, index: place }, now));
    return {
      group: {
        number,
        name,
        component: members[0]?.component ?? '',
        queue,
        members: queued.map((step) => ({ call: step.call, attempt: step.attempts.length })),
      },
      steps: queued,
    };
  });
}

/** For steps whose earlier attempts may have monitored points: these no longer count on the run. */
export const attemptStarts = (
  steps: readonly Step[],
  declarationOf: (step: Step) => ComponentDeclaration,
  generation: number,
): readonly RunReport[] =>
  steps
    .filter(({ attempts }) => attempts.length > 1 || generation > 0)
    .filter((step) => declarationOf(step).monitorMetrics.length > 0)
    .map(({ call, attempts }) => ({
      id: attemptStartId({ call, generation, attempt: attempts.length }),
      points: [],
    }));

function splitByComponentAndQueue(steps: readonly Step[], maxGroupSize: number): Step[][] {
  const byKey = new Map<string, Step[]>();
  for (const step of [...steps].sort((a, b) => a.call - b.call)) {
    const key = JSON.stringify([step.component, step.queue]);
    const members = byKey.get(key);
    if (members === undefined) byKey.set(key, [step]);
    else members.push(step);
  }
  return [...byKey.values()].flatMap((members) => {
    const parts: Step[][] = [];
    const size = members[0]?.queue === CHILD_RUN_QUEUE ? 1 : maxGroupSize;
    for (let i = 0; i < members.length; i += size) parts.push(members.slice(i, i + size));
    return parts;
  });
}
