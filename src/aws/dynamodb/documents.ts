/**
 * Documents as they are stored in items: compressed JSON, since DynamoDB charges for each kilobyte
 * written.
 *
 * The first byte is the format: 0 is plain JSON, 1 is raw deflate with the first dictionary. A
 * reader knows all formats up to that of its own version.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HeadraceError } from '../../model/errors.ts';
import { DICTIONARY_1 } from './dictionary.ts';

const PLAIN = 0;
const DEFLATED = 1;

/** A record cannot be read: it is damaged, or was written by a newer version of Headrace. */
export class DocumentUnreadableError extends HeadraceError {
  constructor(detail: string, options?: ErrorOptions) {
    super(`a record of the table cannot be read: ${detail}`);
    if (options !== undefined) this.cause = options.cause;
  }
}

export function encodeDocument(value: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(value));
  const deflated = deflateRawSync(json, { dictionary: DICTIONARY_1, level: 6 });
  return deflated.length < json.length
    ? Buffer.concat([Buffer.of(DEFLATED), deflated])
    : Buffer.concat([Buffer.of(PLAIN), json]);
}

/**
 * Decodes a document that `encodeDocument` wrote. The type is not checked: the caller knows which
 * type was stored under the key.
 */
export function decodeDocument<T>(document: Uint8Array): T {
  const [format] = document;
  if (format !== PLAIN && format !== DEFLATED)
    throw new DocumentUnreadableError(`this version does not know the format ${format}`);
  try {
    const content = document.subarray(1);
    return JSON.parse(
      (format === PLAIN
        ? Buffer.from(content)
        : inflateRawSync(content, { dictionary: DICTIONARY_1 })
      ).toString(),
    );
  } catch (error) {
    throw new DocumentUnreadableError(error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
