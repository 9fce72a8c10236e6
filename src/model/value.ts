/**
 * Values that are passed between steps: small ones inline, large ones as a reference to an object.
 *
 * @module
 */
import { z } from 'zod';

/**
 * - `json`: readable JSON.
 * - `cbor`: values without a form in JSON (typed arrays, Map, Set, Date, BigInt, undefined, NaN …).
 * - `bytes`: the bytes of one `Uint8Array` or Buffer.
 * - `file`, `folder`: an `ArtifactFile` (a folder is a tar).
 * - `custom`: the output of the pipeline's own `artifactSerializer`.
 */
export const valueFormatSchema = z.enum(['json', 'cbor', 'bytes', 'file', 'folder', 'custom']);

/**
 * Encoded data in a record: JSON as text, CBOR in base64. It is decoded only where it is needed.
 */
export const inlineValueSchema = z.strictObject({
  format: z.enum(['json', 'cbor']),
  text: z.string(),
});
export type InlineValue = z.infer<typeof inlineValueSchema>;

/**
 * Encoded data in the object store. `hash` is the SHA-256 (hex) of its content, `size` is in bytes,
 * `name` is the base name of a file or folder, `view` is the type of `bytes` in a step if it is not
 * Buffer, and `executable` marks a file that its owner may execute.
 */
export const storedValueSchema = z.strictObject({
  format: valueFormatSchema,
  key: z.string(),
  size: z.int().nonnegative(),
  hash: z.string(),
  name: z.string().optional(),
  view: z.literal('Uint8Array').optional(),
  executable: z.literal(true).optional(),
});
export type StoredValue = z.infer<typeof storedValueSchema>;

export const valueSchema = z.union([inlineValueSchema, storedValueSchema]);
export type Value = z.infer<typeof valueSchema>;

export const isStored = (value: Value): value is StoredValue => 'key' in value;

/**
 * A place inside a list of arguments. A constant of its own, because a schema that reads `shape` stays
 * in every bundle.
 */
export const pathSchema = z.array(z.union([z.string(), z.int()]));

/**
 * A Lazy inside a call's arguments: the result of call `call` is placed at `path`, which starts at
 * the list of arguments. `value` is the index among its return values; `null` means all of them.
 */
export const refSchema = z.strictObject({
  path: pathSchema,
  call: z.int().nonnegative(),
  value: z.int().nonnegative().nullable(),
});
export type Ref = z.infer<typeof refSchema>;

/** A large part of a call's arguments, which is placed at `path` like the result of a Lazy. */
export const partSchema = z.strictObject({ path: pathSchema, value: valueSchema });
export type Part = z.infer<typeof partSchema>;

/**
 * A list of arguments: the data with `null` in the place of each Lazy and each large part, and their
 * positions. Parts are placed first: no part is inside another, nor in the place of a Lazy.
 */
export const argumentsSchema = z.strictObject({
  data: valueSchema,
  refs: z.array(refSchema),
  /** Absent if there are none. */
  parts: z.array(partSchema).optional(),
});
export type Arguments = z.infer<typeof argumentsSchema>;

/** The data and the parts: all values that a list of arguments contains itself. */
export const valuesOfArguments = ({ data, parts = [] }: Arguments): readonly Value[] => [
  data,
  ...parts.map(({ value }) => value),
];
