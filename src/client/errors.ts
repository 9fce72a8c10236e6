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
    responseText: string,
  ) {
    super(
      problem === undefined
        ? `the API answered ${request} with ${status}${responseText === '' ? '' : `: ${responseText}`}`
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
      `nobody answers at ${endpoint}${causeText(options.cause)}: is the endpoint right, and the service up?`,
      options,
    );
  }

  override get name(): string {
    return 'ApiUnreachableError';
  }
}

/** What answers is not a Headrace API that this client knows. */
export class IncompatibleApiError extends HeadraceError {
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
    return 'IncompatibleApiError';
  }
}

/** A request cannot be signed. */
export class SigningError extends HeadraceError {
  override get name(): string {
    return 'SigningError';
  }
}

function causeText(cause: unknown): string {
  for (
    let current = cause, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth += 1
  )
    if ('code' in current) return ` (${String(current.code)})`;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
