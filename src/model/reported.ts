/**
 * Schemas of values and errors in the messages of steps, with their limits.
 *
 * They are not beside the records that they describe: a runner has the records' code, and would
 * load a validator for schemas that only receivers use.
 *
 * @module
 */
import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { ERROR_CLASSES, type ErrorRecord } from './error-record.ts';
import { jsonObjectSchema, jsonSchema } from './json.ts';
import {
  MAX_CODE_FRAME_LENGTH,
  MAX_ERROR_CAUSES,
  MAX_ERROR_FIELDS_LENGTH,
  MAX_ERROR_LENGTH,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_ERROR_NAME_LENGTH,
  MAX_ERROR_OMISSIONS,
  MAX_ERROR_STACK_LENGTH,
  MAX_FIELD_NAME_LENGTH,
  MAX_FILE_NAME_LENGTH,
  MAX_FILE_PATH_LENGTH,
  MAX_INLINE_LENGTH,
  MAX_INNER_ERRORS,
  MAX_OBJECT_KEY_LENGTH,
  MAX_STEP_NAME_LENGTH,
} from './limits.ts';
import { inlineValueSchema, storedValueSchema } from './value.ts';

export const sha256Schema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 is 64 hexadecimal digits');

/** A value in the message of a step. */
export const reportedValueSchema = z.union([
  inlineValueSchema.extend({ text: z.string().max(MAX_INLINE_LENGTH) }),
  storedValueSchema.extend({
    key: z.string().max(MAX_OBJECT_KEY_LENGTH),
    hash: sha256Schema,
    name: z.string().max(MAX_FILE_NAME_LENGTH).optional(),
  }),
]);

const fits =
  (maxLength: number) =>
  (value: unknown): boolean =>
    JSON.stringify(value).length <= maxLength;

const singleErrorSchema = z.strictObject({
  name: z.string().max(MAX_ERROR_NAME_LENGTH),
  message: z.string().max(MAX_ERROR_MESSAGE_LENGTH),
  stack: z.string().max(MAX_ERROR_STACK_LENGTH).optional(),
  location: z
    .strictObject({
      file: z.string().max(MAX_FILE_PATH_LENGTH),
      line: z.int().positive(),
      column: z.int().positive(),
    })
    .optional(),
  codeFrame: z.string().max(MAX_CODE_FRAME_LENGTH).optional(),
  step: z.string().max(MAX_STEP_NAME_LENGTH).optional(),
  class: z.enum(ERROR_CLASSES).optional(),
  fields: jsonObjectSchema
    .refine(fits(MAX_ERROR_FIELDS_LENGTH), 'the fields are too long')
    .optional(),
  value: jsonSchema.refine(fits(MAX_ERROR_LENGTH), 'the value is too long').optional(),
  omitted: boundedArray(z.string().max(MAX_FIELD_NAME_LENGTH), MAX_ERROR_OMISSIONS).optional(),
});

const boundedErrorSchema = (causes: number): z.ZodType<ErrorRecord> =>
  causes === 0 ? singleErrorSchema : withInnerErrors(boundedErrorSchema(causes - 1));

const withInnerErrors = (inner: z.ZodType<ErrorRecord>): z.ZodType<ErrorRecord> =>
  singleErrorSchema.extend({
    cause: inner.optional(),
    errors: boundedArray(inner, MAX_INNER_ERRORS).optional(),
  });

/** An error in the message of a step, with a bounded number of causes and inner errors. */
export const reportedErrorSchema = boundedErrorSchema(MAX_ERROR_CAUSES);
