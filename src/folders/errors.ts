/**
 * Why a folder cannot be packed, and why an archive is refused.
 *
 * @module
 */
import { HeadraceError } from '../model/headrace-error.ts';

/** A folder has content that an archive cannot hold: the message has its path and the remedy. */
export class UnpackableFolderError extends HeadraceError {}

/** An archive is damaged, or has an entry that Headrace never writes. Nothing of it is kept. */
export class FolderArchiveError extends HeadraceError {
  constructor(reason: string, cause?: unknown) {
    super(`the archive of the folder is refused: ${reason}`);
    if (cause !== undefined) this.cause = cause;
  }
}

export const errorCodeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
