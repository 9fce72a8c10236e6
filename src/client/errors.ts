/**
 * Errors of requests from a client to the API.
 *
 * @module
 */
import { HeadraceError } from '../model/errors.ts';
import type { Problem } from '../wire/service.ts';

/** The API rejected the request or failed. */
export class ApiError extends HeadraceError {
  constructor(
    readonly status: number,
    readonly problem: Problem | undefined,
    /** Method and path. */
    readonly request: string,
    responseText: string,
  ) {
    super(
      problem === undefined
        ? `the API responded to ${request} with ${status}${responseText === '' ? '' : `: ${responseText}`}`
        : problem.detail,
    );
  }

  override get name(): string {
    return 'ApiError';
  }
}

/** There is no response from the endpoint. */
export class ApiUnreachableError extends HeadraceError {
  constructor(
    readonly endpoint: string,
    options: { readonly cause: unknown },
  ) {
    super(
      `there is no response from ${endpoint}${causeText(options.cause)}: check the endpoint, and whether the service is running`,
      options,
    );
  }

  override get name(): string {
    return 'ApiUnreachableError';
  }
}

/** The response does not have the form of this version's API. */
export class IncompatibleApiError extends HeadraceError {
  constructor(
    readonly request: string,
    options: { readonly cause: unknown },
  ) {
    super(
      `the response to ${request} has a form that this version of headrace does not know: check that the endpoint is a Headrace API of this version`,
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
