/**
 * Converts an error to the lines that stderr shows and to an exit code.
 *
 * @module
 */

import { ApiError, SigningError } from '../client/errors.ts';
import { LogicReplayError } from '../controller/restart/logic-replay.ts';
import { EXIT, type ExitCode } from '../launch/exit-codes.ts';
import { UnsafeHomeError } from '../local/private-files.ts';
import {
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
  StoreVersionError,
} from '../local/store/errors.ts';
import { HeadraceError } from '../model/errors.ts';
import { UsageError } from '../submit/errors.ts';

/** An error before a run starts: the pipeline or the request is invalid. */
class InvalidRequestError extends UsageError {
  override readonly docs: string;

  constructor(cause: HeadraceError) {
    super(cause.message, { cause });
    this.docs = cause.docs;
  }
}

/** Errors whose cause is the home folder, not the request. */
const STORE_ERRORS = [
  LogicReplayError,
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
  StoreVersionError,
  UnsafeHomeError,
];

/**
 * Returns the result of the work. A `HeadraceError` becomes a usage error, unless its cause is the
 * home folder. For the work before a run starts: bundling, describing, and finding the run to
 * resume.
 */
export async function withUsageErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (
      !(error instanceof HeadraceError) ||
      error instanceof UsageError ||
      STORE_ERRORS.some((kind) => error instanceof kind)
    )
      throw error;
    throw new InvalidRequestError(error);
  }
}

export interface ErrorReport {
  readonly exit: ExitCode;
  readonly lines: readonly string[];
  /** `HeadraceError.docs`. */
  readonly docs?: string;
}

/** The stack of an unexpected error is shown only with `debug`: it does not help users. */
export function describeError(error: unknown, debug: boolean): ErrorReport {
  const stack = debug && error instanceof Error && error.stack !== undefined ? [error.stack] : [];
  if (error instanceof HeadraceError)
    return {
      exit: isCallerError(error) ? EXIT.usage : EXIT.failed,
      lines: [`error: ${error.message}`, ...stack],
      docs: error.docs,
    };
  const disk = diskProblem(error);
  if (disk !== undefined) return { exit: EXIT.failed, lines: [`error: ${disk}`, ...stack] };
  const message = error instanceof Error ? error.message || error.name : String(error);
  return {
    exit: EXIT.failed,
    lines: [
      `error: unexpected: ${message}`,
      ...(debug ? stack : ['(set HEADRACE_DEBUG=1 to see the stack)']),
    ],
  };
}

/** Whether the request is invalid, whether this process or the API found that. */
const isCallerError = (error: HeadraceError): boolean =>
  error instanceof UsageError ||
  error instanceof SigningError ||
  (error instanceof ApiError && error.status < 500);

/** The message for an error of the disk that is anywhere in the chain of causes. */
function diskProblem(error: unknown): string | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 8;
    current = current.cause, depth++
  ) {
    const code = 'code' in current ? String(current.code) : '';
    const path = 'path' in current && typeof current.path === 'string' ? ` (${current.path})` : '';
    if (code === 'ENOSPC')
      return `the disk is full${path}: make room, then continue with \`headrace runs resume\``;
    if (code === 'EROFS')
      return `the disk is read-only${path}: choose another folder with --home or HEADRACE_HOME`;
    if (code === 'EACCES' || code === 'EPERM')
      return `no permission to write${path}: choose another folder with --home or HEADRACE_HOME`;
  }
  return undefined;
}
