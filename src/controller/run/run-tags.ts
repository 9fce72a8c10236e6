/**
 * Changes of a run's tags: in a turn, or in a commit of their own when no process moves the run.
 *
 * @module
 */
import { MAX_TAGS } from '../../model/limits.ts';
import type { Run } from '../../model/run.ts';
import { EMPTY_COMMIT, StaleRunError, type Tasks } from '../../ports/tasks.ts';
import type { Turn } from '../turn/turn.ts';

export interface TagChange {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

/** The tags after the change; the same list if it changes nothing. */
export function tagsAfter(tags: readonly string[], { add, remove }: TagChange): readonly string[] {
  const after = [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])];
  return after.length === tags.length && after.every((tag, index) => tag === tags[index])
    ? tags
    : after;
}

export function changeTags(turn: Turn, change: TagChange): void {
  const { head } = turn;
  const tags = tagsAfter(head.tags, change);
  if (tags === head.tags) return;
  if (tags.length > MAX_TAGS)
    return turn.warn(
      `tags were not changed: the run would have ${tags.length}, and it may have ${MAX_TAGS}`,
    );
  head.tags = tags;
  turn.markHeadChanged();
}

/**
 * Commits the change to a run that no process moves. If the run has changed since it was read,
 * nothing is written: read it and try again.
 */
export async function commitTagChange(
  tasks: Pick<Tasks, 'commit'>,
  { info, head }: Run,
  change: TagChange,
): Promise<void> {
  try {
    await tasks.commit(info.id, {
      ...EMPTY_COMMIT,
      head: { ...head, revision: head.revision + 1, tags: tagsAfter(head.tags, change) },
    });
  } catch (error) {
    if (!(error instanceof StaleRunError)) throw error;
  }
}
