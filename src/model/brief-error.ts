/**
 * An error in brief, as callbacks receive it: its name, its message and its code.
 *
 * @module
 */
import type { ErrorRecord } from './error-record.ts';
import { truncate } from './truncate.ts';

export interface BriefError {
  readonly name: string;
  readonly message: string;
  readonly code?: string | number;
}

/** An event of the history contains it, so it is short. */
const MAX_MESSAGE_LENGTH = 2000;

export function briefErrorOf({ name, message, fields }: ErrorRecord): BriefError {
  const code = fields?.code;
  return {
    name,
    message: truncate(message, MAX_MESSAGE_LENGTH),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
  };
}
