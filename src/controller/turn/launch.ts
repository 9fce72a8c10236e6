/**
 * The submission of jobs: the only module that submits the groups of a run.
 *
 * 1. A group is submitted after the commit that fixes it (rule 2).
 * 2. The head names the groups of the last commit. If the controller crashes between the commit and
 *    the submission, the next turn submits them. Submitting a group again is harmless.
 *
 * @module
 */
import { buildJobGroup } from './step-specs.ts';
import type { Turn } from './turn.ts';

/**
 * Commits the turn, submits the groups that the commit fixed, and carries out its other side
 * effects.
 */
export async function commitAndLaunch(turn: Turn): Promise<void> {
  const { groups, actions, statusEvents } = await turn.commit();
  for (const group of groups) await turn.context.jobs.submit(group, true);
  for (const act of actions) await act();
  if (statusEvents.length > 0) await turn.context.events.publish(statusEvents);
}

/** Submits the groups of the last commit again (2). */
export async function launchRecordedGroups(turn: Turn): Promise<void> {
  for (const name of turn.head.unlaunchedGroups) {
    const group = await turn.context.tasks.group(turn.id, name);
    if (group !== undefined) await turn.context.jobs.submit(await buildJobGroup(turn, group));
  }
}
