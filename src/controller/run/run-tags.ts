/**
 * Changes of a run's tags.
 *
 * @module
 */
import { MAX_TAGS } from '../../model/limits.ts';
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
