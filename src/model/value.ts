/**
 * Values as they travel between steps: small ones inline, large ones by reference to an object in the store.
 *
 * @module
 */
import { z } from 'zod';

/** Up to this many characters of encoded text ride inline; anything longer becomes an object. */
export const MAX_INLINE_LENGTH = 4096;

/**
 * `json`: readable JSON. `cbor`: what JSON has no form for (typed arrays, Map, Set, Date, BigInt, undefined, NaN …).
 * `bytes`: one raw `Uint8Array` or Buffer, as it is. `file`, `folder`: an `ArtifactFile` (a folder is a tar).
 * `custom`: what the pipeline's own `artifactSerializer` wrote.
 */
export const valueFormatSchema = z.enum(['json', 'cbor', 'bytes', 'file', 'folder', 'custom']);

/** Encoded data that rides along: JSON text as it is, CBOR in base64. It is decoded only where somebody looks at it. */
export const inlineValueSchema = z.strictObject({
  format: z.enum(['json', 'cbor']),
  text: z.string(),
});
export type InlineValue = z.infer<typeof inlineValueSchema>;

/**
 * Encoded data in the object store. `hash` is the SHA-256 (hex) of its content, `size` is in bytes; `name` is the base name of a file or folder;
 * `view` tells what `bytes` are in a step, if not a Buffer.
 */
export const storedValueSchema = z.strictObject({
  format: valueFormatSchema,
  key: z.string(),
  size: z.int().nonnegative(),
  hash: z.string(),
  name: z.string().optional(),
  view: z.literal('Uint8Array').optional(),
});
export type StoredValue = z.infer<typeof storedValueSchema>;

export const valueSchema = z.union([inlineValueSchema, storedValueSchema]);
export type Value = z.infer<typeof valueSchema>;

export const isStored = (value: Value): value is StoredValue => 'key' in value;

/**
 * A Lazy inside a call's arguments: the place (`path`, from the list of arguments down) where the result of call `call` goes;
 * `value` is the index among its return values, `null` the whole.
 */
export const refSchema = z.strictObject({
  path: z.array(z.union([z.string(), z.int()])),
  call: z.int().nonnegative(),
  value: z.int().nonnegative().nullable(),
});
export type Ref = z.infer<typeof refSchema>;

/** A list of arguments: the data with `null` in the place of each Lazy, and where the Lazies were. */
export const argumentsSchema = z.strictObject({ data: valueSchema, refs: z.array(refSchema) });
export type Arguments = z.infer<typeof argumentsSchema>;
