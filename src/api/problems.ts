/**
 * Error responses of the API: RFC 9457 problem documents that name the invalid field.
 *
 * Errors of the engine are recognized by name, because the API may not import the engine.
 *
 * @module
 */
import type { z } from 'zod';
import { HeadraceError } from '../model/errors.ts';
import { issueSentence } from '../model/issue-sentences.ts';
import { LogsBusyError } from '../ports/logs.ts';
import { QueuesBusyError } from '../ports/queue-loads.ts';
import { type FieldProblem, PROBLEM_JSON, type Problem } from '../wire/service.ts';

const PROBLEM_TYPES = {
  400: ['malformed', 'The request is malformed'],
  401: ['unauthorized', 'Not authenticated'],
  403: ['forbidden', 'Not allowed'],
  404: ['not-found', 'Not found'],
  405: ['method-not-allowed', 'Not with this method'],
  409: ['conflict', 'Not in this state'],
  410: ['gone', 'Removed'],
  413: ['too-large', 'The request is too large'],
  415: ['unsupported-media-type', 'Only JSON is accepted'],
  421: ['misdirected', 'Not for this host'],
  422: ['invalid', 'The request cannot be carried out'],
  429: ['too-many-requests', 'Too many requests'],
  500: ['internal', 'Internal error'],
  502: ['unreachable', 'The API gave no usable answer'],
  503: ['not-handled', 'Not handled in time'],
} as const;
export type ProblemStatus = keyof typeof PROBLEM_TYPES;

/** A request is refused with this status and these fields. */
export class ProblemError extends HeadraceError {
  /** @param type The kind of the problem, if it is more specific than its status. */
  constructor(
    readonly status: ProblemStatus,
    detail: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly type?: string,
    /** After so many seconds the request can be repeated. */
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }
}

/** The body is refused for one field. */
export const invalidField = (field: string, detail: string): ProblemError =>
  new ProblemError(422, `${field}: ${detail}`, [{ in: 'body', field, detail }]);

/** The document of a problem. */
export function problemDocument({ status, message, errors, type }: ProblemError): Problem {
  const [statusType, title] = PROBLEM_TYPES[status];
  return {
    type: type ?? `urn:headrace:problem:${statusType}`,
    title,
    status,
    detail: message,
    ...(errors.length === 0 ? {} : { errors: [...errors] }),
  };
}

export const problemResponse = (problem: ProblemError): Response =>
  new Response(JSON.stringify(problemDocument(problem)), {
    status: problem.status,
    headers: {
      'content-type': PROBLEM_JSON,
      ...(problem.retryAfterSeconds === undefined
        ? {}
        : { 'retry-after': String(problem.retryAfterSeconds) }),
    },
  });

const MAX_REPORTED_FIELDS = 20;

/** A request that does not match its schema. */
export function schemaProblem(
  error: Pick<z.core.$ZodError, 'issues'>,
  location: FieldProblem['in'],
): ProblemError {
  const errors = error.issues
    .flatMap((issue) => fieldProblems(issue, location))
    .slice(0, MAX_REPORTED_FIELDS);
  return new ProblemError(
    400,
    errors.map(({ field, detail }) => (field === '' ? detail : `${field}: ${detail}`)).join('; '),
    errors,
  );
}

function fieldProblems(issue: z.core.$ZodIssue, location: FieldProblem['in']): FieldProblem[] {
  const field = fieldPath(issue.path);
  if (issue.code !== 'unrecognized_keys')
    return [{ in: location, field, detail: issueSentence(issue) }];
  return issue.keys.map((key) => ({
    in: location,
    field: fieldPath([...issue.path, key]),
    detail: 'unknown field',
  }));
}

/** `code.components[2].bundle` */
const fieldPath = (path: readonly PropertyKey[]): string =>
  path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`,
    )
    .join('');

const STATUS_BY_NAME: Readonly<Record<string, ProblemStatus>> = {
  UnknownRunError: 404,
  RunRemovedError: 410,
  RunCompletedError: 409,
  ResumeTooLateError: 409,
  RunOwnedError: 409,
  RunActiveError: 409,
  StaleRunError: 409,
  VersionTakenError: 409,
  NoPatchVersionLeftError: 409,
  UnknownStepError: 422,
  RecordRejectedError: 422,
  LogCursorError: 400,
  ModelUnavailableError: 409,
};

/** An error of the engine as a response; undefined if the request did not cause it. */
export function toProblemError(error: unknown): ProblemError | undefined {
  if (error instanceof ProblemError) return error;
  if (error instanceof RangeError && error.message.includes('call stack'))
    return new ProblemError(400, 'the body is nested too deeply');
  // A schema compares the length of any value: see `safeParseUntrusted`.
  if (error instanceof TypeError && error.message === 'Cannot convert object to primitive value')
    return new ProblemError(400, 'the body has an object in the place of a text or a list');
  if (!(error instanceof HeadraceError)) return undefined;
  if ('argument' in error && typeof error.argument === 'string') {
    const path = 'path' in error && typeof error.path === 'string' ? error.path : '';
    return new ProblemError(422, error.message, [
      { in: 'body', field: `args.${error.argument}${path}`, detail: error.message },
    ]);
  }
  if (error instanceof LogsBusyError || error instanceof QueuesBusyError)
    return new ProblemError(429, error.message, [], undefined, error.retryAfterSeconds);
  const status = STATUS_BY_NAME[error.name];
  return status === undefined ? undefined : new ProblemError(status, error.message);
}
