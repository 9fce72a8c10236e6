/**
 * Validation of data from an untrusted source.
 *
 * @module
 */
import { z } from 'zod';

/**
 * `safeParse` that throws nothing. A schema compares the `length` of any value, also of an object in
 * the place of a text. Such a length can be an object that cannot be compared.
 */
export function safeParseUntrusted<S extends z.ZodType>(
  schema: S,
  value: unknown,
):
  | { readonly success: true; readonly data: z.output<S>; readonly error?: undefined }
  | { readonly success: false; readonly data?: undefined; readonly error: z.ZodError } {
  try {
    return schema.safeParse(value);
  } catch (error) {
    if (!(error instanceof TypeError) && !(error instanceof RangeError)) throw error;
    const message = `it cannot be read: ${error.message}`;
    return {
      success: false,
      error: new z.ZodError([{ code: 'custom', path: [], message, input: undefined }]),
    };
  }
}
