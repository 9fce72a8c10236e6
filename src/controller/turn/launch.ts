/**
 * The submission of jobs: the only module that submits the groups of a run.
 *
 * 1. A group is submitted after the commit that fixes it (rule 2).
 * 2. The head names the groups of the last commit. If the controller crashes between the commit and
 *    the submission, the next turn submits them. Submitting a group again is harmless.
 * 3. A refusal is recorded with the steps of the group (`steps/refused-launches.ts`). It neither
 *    stops other launches of the turn, nor fails the batch.
 *
 * @module
 */
import type { JobGroup, LaunchRefusal } from '../../ports/jobs.ts';
import { clearRefusal, recordRefusal } from '../steps/refused-launches.ts';
import { buildJobGroup } from './step-specs.ts';
import type { Turn } from './turn.ts';

/**
 * Commits the turn, submits the groups that the commit fixed, and carries out its other side
 * effects. Refusals are recorded by a second commit.
 */
export async function commitAndLaunch(turn: Turn): Promise<void> {
  const { groups, actions, statusEvents } = await turn.commit();
  const refused: (readonly [JobGroup, LaunchRefusal])[] = [];
  for (const group of groups) {
    const refusal = await turn.context.jobs.submit(group, true);
    if (refusal !== undefined) refused.push([group, refusal]);
  }
  for (const act of actions) await act();
  if (statusEvents.length > 0) await turn.context.events.publish(statusEvents);
  if (refused.length === 0) return;
  for (const [group, refusal] of refused) await recordRefusal(turn, group, refusal);
  await commitAndLaunch(turn);
}

/** Submits the groups of the last commit again (2). */
export async function launchRecordedGroups(turn: Turn): Promise<void> {
  for (const name of turn.head.unlaunchedGroups) await launchGroupAgain(turn, name);
}

/** Submits a group that was fixed by an earlier commit. */
export async function launchGroupAgain(turn: Turn, name: string): Promise<void> {
  const recorded = await turn.context.tasks.group(turn.id, name);
  if (recorded === undefined) return;
  const group = await buildJobGroup(turn, recorded);
  const refusal = await turn.context.jobs.submit(group);
  if (refusal === undefined) await clearRefusal(turn, group);
  else await recordRefusal(turn, group, refusal);
}
