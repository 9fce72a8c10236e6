/**
 * Schemas of values and errors in the messages of steps, with their limits.
 *
 * They are not beside the records that they describe: a runner has the records' code, and would
 * load a validator for schemas that only receivers use.
 *
 * @module
 */
import { z } from 'zod';
import type { ErrorRecord } from './errors.ts';
import {
  MAX_ERROR_CAUSES,
  MAX_ERROR_MESSAGE_LENGTH,
  MAX_ERROR_NAME_LENGTH,
  MAX_ERROR_STACK_LENGTH,
  MAX_FILE_NAME_LENGTH,
  MAX_INLINE_LENGTH,
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

const singleErrorSchema = z.strictObject({
  name: z.string().max(MAX_ERROR_NAME_LENGTH),
  message: z.string().max(MAX_ERROR_MESSAGE_LENGTH),
  stack: z.string().max(MAX_ERROR_STACK_LENGTH).optional(),
  step: z.string().max(MAX_STEP_NAME_LENGTH).optional(),
});

const boundedErrorSchema = (causes: number): z.ZodType<ErrorRecord> =>
  causes === 0
    ? singleErrorSchema
    : singleErrorSchema.extend({ cause: boundedErrorSchema(causes - 1).optional() });

/** An error in the message of a step, with a bounded number of causes. */
export const reportedErrorSchema = boundedErrorSchema(MAX_ERROR_CAUSES);
