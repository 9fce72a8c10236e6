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
