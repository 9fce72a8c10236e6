/**
 * Who started a run: an ARN, the email or subject of a token, the name of a local user, or a
 * schedule. It is information for views and filters; no permission depends on it.
 *
 * @module
 */
import { MAX_CREATOR_LENGTH } from './limits.ts';
import { truncate } from './truncate.ts';

/** Who sent a request. */
export interface Caller {
  /** As `RunInfo.createdBy` has it. */
  readonly principal: string;
  /** A short form, for views. */
  readonly name: string;
}

/** The creator as it is recorded; undefined if nothing is left of it. */
export function recordedCreator(text: string): string | undefined {
  const visible = truncate(text.trim(), MAX_CREATOR_LENGTH)
    .replace(/[\p{Cc}\p{Cs}]/gu, '')
    .trim();
  return visible === '' ? undefined : visible;
}

/** The creator of the runs of a schedule. */
export const scheduleCreator = (schedule: string): string => `schedule ${schedule}`;

/** A short form for views and filters: of an ARN the name of the user or of the session. */
export function creatorName(creator: string): string {
  if (!creator.startsWith('arn:')) return creator;
  const name = creator.slice(Math.max(creator.lastIndexOf('/'), creator.lastIndexOf(':')) + 1);
  return name === '' ? creator : name;
}
