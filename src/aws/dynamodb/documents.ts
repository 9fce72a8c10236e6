/**
 * Documents as they are kept in items: JSON, compressed, since a table is paid by the kilobyte written.
 *
 * The first byte says the format: 0 is plain JSON, 1 is raw deflate with the first dictionary. A reader knows all formats up to its own version's.
 *
 * @module
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { HeadraceError } from '../../model/errors.ts';
import { DICTIONARY_1 } from './dictionary.ts';

const PLAIN = 0;
const DEFLATED = 1;

/** A record cannot be read: it is damaged, or a newer version of Headrace wrote it. */
export class DocumentUnreadableError extends HeadraceError {
  constructor(detail: string, options?: ErrorOptions) {
    super(`a record in the table is not readable: ${detail}`);
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

/** A document that was written here, so that it has the type it is read as unless it is damaged. */
export function decodeDocument<T>(document: Uint8Array): T {
  const [format] = document;
  if (format !== PLAIN && format !== DEFLATED)
    throw new DocumentUnreadableError(`format ${format} is not known to this version`);
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
