/**
 * How routes are declared: parameters that many share, and what each may answer.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema } from '../model/ids.ts';
import { PROBLEM_JSON, problemSchema } from '../wire/service.ts';
import type { ProblemStatus } from './problems.ts';

/** The largest list that one answer holds. */
export const MAX_PAGE = 200;

export const numberParam = (
  what: string,
  range: { readonly minimum: number; readonly maximum: number; readonly default?: number },
) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `${what} is a whole number`)
    .transform(Number)
    .refine(
      (value) => value >= range.minimum && value <= range.maximum,
      `${what} is from ${range.minimum} to ${range.maximum}`,
    )
    .meta({ type: 'integer', ...range });

export const limitParam = numberParam('limit', {
  minimum: 1,
  maximum: MAX_PAGE,
  default: 50,
}).optional();
export const cursorParam = z
  .string()
  .min(1)
  .max(2000)
  .optional()
  .meta({ description: 'The `next` of the page before.' });
export const paging = { limit: limitParam, cursor: cursorParam };
export const limitOf = (query: { readonly limit?: number | undefined }): number =>
  query.limit ?? 50;

export const textParam = (description: string, most = 256) =>
  z.string().min(1).max(most).meta({ description });

export const runParams = z.strictObject({
  run: runIdSchema.meta({ description: 'The id of a run.' }),
});
const call = numberParam('a call', { minimum: 0, maximum: 999_999_999 });
export const stepParams = runParams.extend({
  call: call.meta({
    type: 'integer',
    minimum: 0,
    maximum: 999_999_999,
    description: 'The number of a call.',
  }),
});
export const attemptParam = numberParam('an attempt', {
  minimum: 1,
  maximum: 999_999_999,
}).optional();

/** Makes a create happen once, however often it is sent. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'a key is up to 200 visible ASCII characters')
    .optional()
    .meta({
      description:
        'The same key with the same request makes it once; with another request it is refused (422).',
    }),
});

export const jsonBody = <T extends z.ZodType>(schema: T, required: boolean) => ({
  required,
  content: { 'application/json': { schema } },
});
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'The request does not have the form that is documented.',
  401: 'The caller is not known.',
  403: 'The caller may not do this.',
  404: 'There is no such thing.',
  405: 'The path has no such method.',
  409: 'It cannot be done in the state that things are in.',
  410: 'It was there, and is gone.',
  413: 'The request is too large.',
  415: 'The body is not JSON.',
  422: 'The request is well-formed, but cannot be carried out.',
  500: 'Something went wrong in the service.',
};

const problem = (status: ProblemStatus) => ({
  description: REFUSALS[status] ?? '',
  content: { [PROBLEM_JSON]: { schema: problemSchema } },
});

/** What every route may answer beside its own. */
export const refusals = {
  400: problem(400),
  401: problem(401),
  403: problem(403),
  500: problem(500),
};
export const notFound = { 404: problem(404) };
export const conflict = { 409: problem(409) };
export const gone = { 410: problem(410) };
/** What a route with a body may answer. */
export const bodyRefusals = { 413: problem(413), 415: problem(415), 422: problem(422) };
