/**
 * Changes of a run's head that users request in any state of the run: of its tags, its note, and
 * whether it is archived. A process that moves the run makes them in a turn; without such a process
 * they are a commit of their own.
 *
 * @module
 */
import type { RunId } from '../../model/ids.ts';
import type { Run, RunHead } from '../../model/run.ts';
import type { Transition } from '../../model/transition.ts';
import { EMPTY_COMMIT, StaleRunError, type Tasks } from '../../ports/tasks.ts';
import { type AnnotationChange, annotationsAfter } from './run-annotations.ts';
import { type TagChange, tagsAfter } from './run-tags.ts';

/** The message that requests the change. */
export type HeadEdit =
  | ({ readonly kind: 'run.tags' } & TagChange)
  | ({ readonly kind: 'run.annotations' } & AnnotationChange);

export const headTransition = (run: RunId, edit: HeadEdit): Transition =>
  edit.kind === 'run.tags'
    ? { kind: edit.kind, run, add: [...edit.add], remove: [...edit.remove] }
    : { ...edit, run };

/** The head after the change; undefined if it changes nothing. */
export function headAfter(head: RunHead, edit: HeadEdit): RunHead | undefined {
  if (edit.kind === 'run.tags') {
    const tags = tagsAfter(head.tags, edit);
    return tags === head.tags ? undefined : { ...head, tags };
  }
  const annotations = annotationsAfter(head, edit);
  return annotations && { ...head, ...annotations };
}

/**
 * Commits the change to a run that no process moves. If the run has changed since it was read,
 * nothing is written: read it and try again.
 */
export async function commitHeadEdit(
  tasks: Pick<Tasks, 'commit'>,
  { info, head }: Run,
  edit: HeadEdit,
): Promise<void> {
  const after = headAfter(head, edit);
  if (after === undefined) return;
  try {
    await tasks.commit(info.id, {
      ...EMPTY_COMMIT,
      head: { ...after, revision: head.revision + 1 },
    });
  } catch (error) {
    if (!(error instanceof StaleRunError)) throw error;
  }
}
