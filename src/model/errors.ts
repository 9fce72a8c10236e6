/**
 * The schema of errors as data, for records and messages.
 *
 * @module
 */
import { z } from 'zod';
import { ERROR_CLASSES, type ErrorRecord } from './error-record.ts';
import { jsonObjectSchema, jsonSchema } from './json.ts';
import { truncate } from './truncate.ts';

export { type ErrorRecord, toErrorRecord } from './error-record.ts';
export { HeadraceError } from './headrace-error.ts';

export const errorRecordSchema: z.ZodType<ErrorRecord> = z
  .lazy(() =>
    z.strictObject({
      name: z.string(),
      message: z.string(),
      stack: z.string().optional(),
      location: z
        .strictObject({ file: z.string(), line: z.int(), column: z.int() })
        .optional()
        .meta({ description: "The first position of the stack in the user's files." }),
      codeFrame: z
        .string()
        .optional()
        .meta({ description: 'The lines of the source around `location`.' }),
      step: z.string().optional(),
      class: z.enum(ERROR_CLASSES).optional(),
      fields: jsonObjectSchema.optional(),
      cause: errorRecordSchema.optional(),
      errors: z.array(errorRecordSchema).optional(),
      value: jsonSchema.optional(),
      omitted: z.array(z.string()).optional(),
    }),
  )
  .meta({
    id: 'ErrorRecord',
    description:
      'An error on record. `cause` is the error behind it, `errors` are the inner errors of an AggregateError, `fields` its own fields that are JSON data. `value` is a thrown value that is not an error. `omitted` names the parts that the record lacks.',
  });

/** The errors that a step's end gives to the logic. Other errors may name a step that completed. */
const STEP_END_ERRORS: ReadonlySet<string> = new Set([
  'StepFailedError',
  'StepSkippedError',
  'StepAbortedError',
  'StepCancelledError',
]);

/** The step whose failure, skip or abort is the error; undefined for an error of the logic itself. */
export const stepBehind = ({ name, step }: ErrorRecord): string | undefined =>
  STEP_END_ERRORS.has(name) ? step : undefined;

const MAX_SUMMARY_LENGTH = 1000;

/** The error itself in short, for documents that contain many. */
export const withoutStack = ({
  name,
  message,
  location,
  codeFrame,
  step,
}: ErrorRecord): ErrorRecord => ({
  name,
  message: truncate(message, MAX_SUMMARY_LENGTH),
  ...(location === undefined ? {} : { location }),
  ...(codeFrame === undefined ? {} : { codeFrame }),
  ...(step === undefined ? {} : { step }),
});
