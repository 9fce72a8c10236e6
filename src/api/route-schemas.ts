/**
 * Schemas that routes share: parameters, bodies and responses.
 *
 * @module
 */
import { z } from 'zod';
import { runIdSchema } from '../model/ids.ts';
import { PROBLEM_JSON, problemSchema } from '../wire/service.ts';
import type { ProblemStatus } from './problems.ts';

/** The most items of one page. */
export const MAX_PAGE_ITEMS = 200;

export const numberParam = (
  label: string,
  range: { readonly minimum: number; readonly maximum: number; readonly default?: number },
) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `${label} is a whole number`)
    .transform(Number)
    .refine(
      (value) => value >= range.minimum && value <= range.maximum,
      `${label} is from ${range.minimum} to ${range.maximum}`,
    )
    .meta({ type: 'integer', ...range });

export const limitParam = numberParam('limit', {
  minimum: 1,
  maximum: MAX_PAGE_ITEMS,
  default: 50,
}).optional();
export const cursorParam = z
  .string()
  .min(1)
  .max(2000)
  .optional()
  .meta({ description: 'The `next` of the previous page.' });
export const pageParams = { limit: limitParam, cursor: cursorParam };
export const pageLimitOf = (query: { readonly limit?: number | undefined }): number =>
  query.limit ?? 50;

export const textParam = (description: string, maxLength = 256) =>
  z.string().min(1).max(maxLength).meta({ description });

/** A parameter that can be repeated. */
export const repeatedParam = <T extends z.ZodType>(item: T, maxItems: number) =>
  z
    .union([item, z.array(item).min(1).max(maxItems)])
    .transform((value): z.output<T>[] => (Array.isArray(value) ? value : [value]));

/** A time, or a date, which means its start in UTC; milliseconds since the epoch. */
export const timeParam = (description: string) =>
  z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform(Date.parse)
    .meta({ description, type: 'string', format: 'date-time' });

export const runParams = z.strictObject({
  run: runIdSchema.meta({ description: 'The id of a run.' }),
});
const callParam = numberParam('a call', { minimum: 0, maximum: 999_999_999 });
export const stepParams = runParams.extend({
  call: callParam.meta({
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

/** With the header, a repeated create has no further effect. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'a key is up to 200 visible ASCII characters')
    .optional()
    .meta({
      description:
        'A repeated request with the same key creates nothing new; another request with this key is refused (422).',
    }),
});

export const jsonBody = <T extends z.ZodType>(schema: T, required: boolean) => ({
  required,
  content: { 'application/json': { schema } },
});
export const jsonResponse = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** The response to a request with `If-None-Match`, of routes that call `revalidated`. */
export const notModifiedResponse = {
  304: { description: 'The caller has the document of the tag in `If-None-Match`.' },
};

const PROBLEM_DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request does not match its schema.',
  401: 'The caller is not authenticated.',
  403: 'The caller may not do this.',
  404: 'Not found.',
  405: 'The path does not have this method.',
  409: 'The current state does not allow the request.',
  410: 'It existed and was removed.',
  413: 'The request is too large.',
  415: 'The body is not JSON.',
  422: 'The request matches its schema and cannot be carried out.',
  429: 'Too many requests for the moment: try again after `Retry-After` seconds.',
  500: 'An unexpected error of the service.',
};

const problemResponseSchema = (status: ProblemStatus) => ({
  description: PROBLEM_DESCRIPTIONS[status] ?? '',
  content: { [PROBLEM_JSON]: { schema: problemSchema } },
});

/** Error responses of every route. */
export const commonProblems = {
  400: problemResponseSchema(400),
  401: problemResponseSchema(401),
  403: problemResponseSchema(403),
  500: problemResponseSchema(500),
};
export const notFoundProblem = { 404: problemResponseSchema(404) };
export const conflictProblem = { 409: problemResponseSchema(409) };
export const goneProblem = { 410: problemResponseSchema(410) };
/** A route whose request may be well-formed and without an answer. */
export const unprocessableProblem = { 422: problemResponseSchema(422) };
/** A route whose store has a quota of requests. */
export const busyProblem = { 429: problemResponseSchema(429) };
/** Further error responses of a route with a body. */
export const bodyProblems = {
  413: problemResponseSchema(413),
  415: problemResponseSchema(415),
  422: problemResponseSchema(422),
};
