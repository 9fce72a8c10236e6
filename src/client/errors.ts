/**
 * What can go wrong between a client and the API.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { Problem } from '../wire/service.ts';

/** The API refused, or failed. */
export class ApiError extends HeadraceError {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    /** What was asked: method and path. */
    readonly request: string,
    said: string,
  ) {
    super(
      problem === undefined
        ? `the API answered ${request} with ${status}${said === '' ? '' : `: ${said}`}`
        : problem.detail,
    );
  }

  override get name(): string {
    return 'ApiError';
  }
}

/** Nobody answers at the endpoint. */
export class ApiUnreachableError extends HeadraceError {
  constructor(
    readonly endpoint: string,
    options: { readonly cause: unknown },
  ) {
    super(
      `nobody answers at ${endpoint}${reasonOf(options.cause)}: is the endpoint right, and the service up?`,
      options,
    );
  }

  override get name(): string {
    return 'ApiUnreachableError';
  }
}

/** What answers is not a Headrace API that this client knows. */
export class ForeignApiError extends HeadraceError {
  constructor(
    readonly request: string,
    options: { readonly cause: unknown },
  ) {
    super(
      `the answer to ${request} is not of the form that this version of headrace knows: is the endpoint one of Headrace, and of this version?`,
      options,
    );
  }

  override get name(): string {
    return 'ForeignApiError';
  }
}

/** A request cannot be signed. */
export class SigningError extends HeadraceError {
  override get name(): string {
    return 'SigningError';
  }
}

function reasonOf(cause: unknown): string {
  for (let at = cause, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ('code' in at) return ` (${String(at.code)})`;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
