/**
 * The submission of jobs: the only module that submits the groups of a run.
 *
 * 1. A group is submitted after the commit that fixes it (rule 2).
 * 2. The head names the groups of the last commit. If the controller crashes between the commit and
 *    the submission, the next turn submits them. Submitting a group again is harmless, and costs a
 *    second execution of its members in queues where jobs are not found (`Jobs.findsJobs`). There,
 *    a group is submitted again only if the turn that fixed it can have failed: if the batch at hand
 *    is delivered again.
 * 3. A refusal is recorded with the steps of the group (`steps/refused-launches.ts`). It neither
 *    stops other launches of the turn, nor fails the batch.
 * 4. Events are published before all other side effects: a turn that one of these fails may be
 *    deferred, and its messages are then delivered as new ones.
 * 5. Slots of limits are released after the commit that ended them. The steps of this run that get
 *    them are launched by a further commit.
 *
 * @module
 */
import type { Transition } from '../../model/transition.ts';
import type { JobGroup, LaunchRefusal } from '../../ports/jobs.ts';
import type { Group } from '../../ports/tasks.ts';
import { releaseSlots } from '../steps/limits.ts';
import { clearRefusal, recordRefusal } from '../steps/refused-launches.ts';
import { launching } from './launch-interruption.ts';
import { buildJobGroup } from './step-specs.ts';
import { isSameToken } from './tokens.ts';
import type { Turn } from './turn.ts';

/**
 * Commits the turn, submits the groups that the commit fixed, and carries out its other side
 * effects. Refusals are recorded by a second commit.
 *
 * @throws LaunchInterruptedError
 */
export async function commitAndLaunch(turn: Turn): Promise<void> {
  const { groups, actions, statusEvents, endedSlots } = await turn.commit();
  const { jobs, events } = turn.context;
  const refused: (readonly [JobGroup, LaunchRefusal])[] = [];
  await launching(jobs, groups, async () => {
    if (statusEvents.length > 0) await events.publish(statusEvents);
    for (const group of groups) {
      const refusal = await jobs.submit(group, true);
      if (refusal !== undefined) refused.push([group, refusal]);
    }
  });
  const refusedGroups = refused.map(([group]) => group);
  await launching(jobs, refusedGroups, async () => {
    for (const act of actions) await act();
    const hasChanges = await releaseSlots(turn, endedSlots);
    for (const [group, refusal] of refused) await recordRefusal(turn, group, refusal);
    if (hasChanges || refused.length > 0) await commitAndLaunch(turn);
  });
}

/** The delivery of the batch at hand. */
export interface Delivery {
  /** The transitions of the batch, and those that are handled after it. */
  readonly received: readonly Transition[];
  /** One of them may have been delivered before, to a turn that failed. */
  readonly isRepeated: boolean;
}

/** Submits the groups of the last commit again (2). */
export async function launchRecordedGroups(turn: Turn, delivery: Delivery): Promise<void> {
  const { jobs, tasks } = turn.context;
  for (const name of turn.head.unlaunchedGroups) {
    const recorded = await tasks.group(turn.id, name);
    if (recorded === undefined || !(delivery.isRepeated || jobs.findsJobs(recorded.queue)))
      continue;
    await submitAgain(turn, recorded, startedMembers(turn, recorded, delivery.received));
  }
}

/** Submits a group whose launch was refused. */
export async function launchGroupAgain(turn: Turn, name: string): Promise<void> {
  const recorded = await turn.context.tasks.group(turn.id, name);
  if (recorded !== undefined) await submitAgain(turn, recorded);
}

async function submitAgain(
  turn: Turn,
  recorded: Group,
  started?: ReadonlySet<number>,
): Promise<void> {
  const group = await buildJobGroup(turn, recorded);
  const refusal = await turn.context.jobs.submit(group, false, started);
  if (refusal !== undefined) return recordRefusal(turn, group, refusal);
  await clearRefusal(turn, group);
  await stopCancelledMembers(turn, recorded);
}

/** A group is launched as a whole, although members of it were cancelled while it was refused. */
async function stopCancelledMembers(turn: Turn, { name, members }: Group): Promise<void> {
  for (const [index, { call }] of members.entries()) {
    const { cancelled } = await turn.requireStep(call);
    if (cancelled === true)
      await turn.context.jobs.terminate({ name, index }, 'its step was cancelled');
  }
}

/** The members whose jobs sent one of the messages. */
function startedMembers(
  { context }: Turn,
  { name, members }: Group,
  received: readonly Transition[],
): ReadonlySet<number> {
  const attempts = new Set(
    received.flatMap((transition) =>
      'token' in transition && isSameToken(transition.token, context.token(name))
        ? [`${transition.call} ${transition.attempt}`]
        : [],
    ),
  );
  return new Set(
    members.flatMap(({ call, attempt }, index) =>
      attempts.has(`${call} ${attempt}`) ? [index] : [],
    ),
  );
}
