/**
 * What went wrong, as one sentence for stderr and an exit code.
 *
 * @module
 */

import { ApiError, SigningError } from '../client/errors.ts';
import {
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
  StoreVersionError,
} from '../local/store/errors.ts';
import { HeadraceError } from '../model/errors.ts';
import { UsageError } from '../submit/errors.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** A wrong word on the command line that is no argument of a pipeline. */
export class CommandLineError extends UsageError {}

/** Something asked for that is not there: a run, a step, an artifact. */
export class NotFoundError extends UsageError {}

/** An error on the way to a run that has not begun: the pipeline or what was asked for is at fault. */
class InvalidRequestError extends UsageError {
  override readonly docs: string;

  constructor(cause: HeadraceError) {
    super(cause.message, { cause });
    this.docs = cause.docs;
  }
}

/** The home's fault, not the user's words'. */
const STORE_ERRORS = [
  StoreBusyError,
  StoreCorruptError,
  StoreFullError,
  StoreUnavailableError,
  StoreVersionError,
];

/** Passes the result on; our own errors become usage errors. For the steps before a run begins: bundling, describing, finding what to resume. */
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

/** Unexpected errors show their stack only if `debug` is on: to a user it says nothing. */
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
      ...(debug ? stack : ['(set HEADRACE_DEBUG=1 to see where)']),
    ],
  };
}

/** What was asked for is at fault, wherever it was found out. */
const isCallerError = (error: HeadraceError): boolean =>
  error instanceof UsageError ||
  error instanceof SigningError ||
  (error instanceof ApiError && error.status < 500);

/** What the operating system says of the disk, wherever in the chain of causes. */
function diskProblem(error: unknown): string | undefined {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 8;
    current = current.cause, depth++
  ) {
    const code = 'code' in current ? String(current.code) : '';
    const path = 'path' in current && typeof current.path === 'string' ? ` (${current.path})` : '';
    if (code === 'ENOSPC')
      return `the disk is full${path}: make room, then go on with \`headrace runs resume\``;
    if (code === 'EROFS')
      return `the disk is read-only${path}: choose another folder with --home or HEADRACE_HOME`;
    if (code === 'EACCES' || code === 'EPERM')
      return `no permission to write${path}: choose another folder with --home or HEADRACE_HOME`;
  }
  return undefined;
}
