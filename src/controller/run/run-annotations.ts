/**
 * Changes of a run's note, and of whether lists leave it out.
 *
 * 1. Only a run that has ended is archived. A resume shows it again, because it starts from a new
 *    head.
 * 2. A change that arrives twice or late leaves the run as the last one that the controller handled.
 *
 * @module
 */
import { isTerminalRun, type RunHead } from '../../model/run.ts';
import type { Turn } from '../turn/turn.ts';

export interface AnnotationChange {
  /** Null or an empty text removes the note; absent: it stays. */
  readonly note?: string | null | undefined;
  readonly archived?: boolean | undefined;
}

type Annotations = Pick<RunHead, 'note' | 'archived'>;

/** What the head has after the change; undefined if it changes nothing. */
export function annotationsAfter(
  { status, note, archived }: Annotations & Pick<RunHead, 'status'>,
  change: AnnotationChange,
): Annotations | undefined {
  const after: Annotations = {
    note: change.note === undefined ? note : change.note || undefined,
    archived: (change.archived ?? archived === true) && isTerminalRun(status) ? true : undefined,
  };
  return after.note === note && after.archived === archived ? undefined : after;
}

export function changeAnnotations(turn: Turn, change: AnnotationChange): void {
  const after = annotationsAfter(turn.head, change);
  if (after === undefined) return;
  turn.head.note = after.note;
  turn.head.archived = after.archived;
  turn.markHeadChanged();
}
