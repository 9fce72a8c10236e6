/**
 * The identity of code is the SHA-256 of its text. Every process that executes a bundle checks it,
 * so that no one who can write to the object store can execute code under the name of other code.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import type { Bundle } from './code.ts';
import { HeadraceError } from './headrace-error.ts';

/** The stored text of a bundle is not the text that the bundle was made from. */
export class CodeMismatchError extends HeadraceError {
  constructor(readonly key: string) {
    super(
      `the code ${key} is not executed: its content was changed after it was stored, because its SHA-256 differs from its name; start the pipeline from its source, which stores the code again`,
    );
  }
}

/**
 * The text of a bundle, from its stored bytes.
 *
 * @throws CodeMismatchError
 */
export function verifiedCode(
  content: Uint8Array,
  { key, hash }: Pick<Bundle, 'key' | 'hash'>,
): string {
  if (createHash('sha256').update(content).digest('hex') !== hash) throw new CodeMismatchError(key);
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('utf8');
}
