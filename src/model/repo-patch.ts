/**
 * The uncommitted changes of a local checkout, which travel as an object beside the code. The object
 * is UTF-8: each character is one byte of the patch, because files of a patch have any encoding.
 *
 * @module
 */
import { z } from 'zod';

export const repoPatchSchema = z
  .strictObject({
    /** SHA-256 (hex) of the object. */
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    key: z.string(),
    size: z.int().nonnegative(),
    /** The number of files that it changes. */
    files: z.int().positive(),
  })
  .refine(
    // The rule of `object-layout.ts`, which this module cannot import.
    ({ key, hash }) => key === `code/${hash}.patch`,
    'the key of a patch is code/<hash>.patch',
  );
export type RepoPatch = z.infer<typeof repoPatchSchema>;

/** The most bytes of a patch, and of the new files in it. */
export const MAX_PATCH_BYTES = 10 * 2 ** 20;

export const patchText = (patch: Buffer): string => patch.toString('latin1');
export const patchBytes = (object: Uint8Array): Buffer =>
  Buffer.from(Buffer.from(object).toString('utf8'), 'latin1');
