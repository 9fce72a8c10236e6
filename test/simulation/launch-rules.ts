/**
 * The rules of launches: checked when a group is submitted.
 *
 * Names of rules start with the number of the rule in docs/design.md, if it has one.
 *
 * @module
 */
import { isSuccess } from '../../src/model/step.ts';
import type { JobGroup } from '../../src/ports/jobs.ts';
import type { MirroredRun } from './mirror.ts';
import { demand } from './violation.ts';

/** Checks a launch: the group was committed before, with the same members in the same order. */
export function checkLaunch(run: MirroredRun | undefined, group: JobGroup): void {
  const fixed = run?.groups.get(group.name);
  demand(
    fixed !== undefined,
    '2 write, then launch',
    () => `group ${group.name} is launched and was never committed`,
  );
  const same =
    fixed?.members.length === group.specs.length &&
    fixed.members.every(
      ({ call, attempt }, n) =>
        group.specs[n]?.call === call && group.specs[n]?.attempt === attempt,
    );
  demand(same, '2 a launch equals its record', () => `group ${group.name}`);
}

/** Checks the first launch of a group. A repeated launch may find later states. */
export function checkFirstLaunch(run: MirroredRun, group: JobGroup): void {
  for (const { call, attempt } of group.specs) {
    const step = run.steps.get(call);
    demand(
      step !== undefined && !isSuccess(step.status),
      'no completed step is executed again',
      () => `call ${call}, attempt ${attempt}`,
    );
    demand(
      step?.attempts.at(-1)?.number === attempt,
      'only the last attempt is launched',
      () => `call ${call}: attempt ${attempt} of ${step?.attempts.length}`,
    );
  }
}
