/**
 * Reads JSON that a context returned. Its code may have replaced `JSON.stringify`.
 *
 * @module
 */

/** Undefined if the text is not JSON. */
export function parseContextJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
