/**
 * The address in an argument of `inputFile` and `StorageManager.getLocalCopy`. Free of Node.js,
 * because step bundles and the evaluator's context contain it, too.
 *
 * @module
 */

/**
 * The text of a path or URL; for an `ArtifactFile`, its path.
 *
 * @throws TypeError for anything else
 */
export function addressOf(value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  if (typeof value === 'object' && value !== null) {
    const text: unknown = Reflect.get(value, 'href') ?? Reflect.get(value, 'path');
    if (typeof text === 'string' && text !== '') return text;
  }
  throw new TypeError('a path, a URL or an ArtifactFile is expected');
}

/** The argument of `inputFile`: a `URL` becomes its text, and the result of a step stays a Lazy. */
export const inputAddress = (address: unknown): unknown =>
  typeof address === 'object' && address !== null && 'then' in address
    ? address
    : addressOf(address);
