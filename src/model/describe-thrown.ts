/**
 * A value that was thrown and is not an error, as a short text.
 *
 * @module
 */
const MAX_DESCRIPTION_LENGTH = 200;

/** Texts and data as JSON, other values by `String`. */
export function describeThrown(value: unknown): string {
  try {
    const text = typeof value === 'string' || isData(value) ? JSON.stringify(value) : String(value);
    return text.length > MAX_DESCRIPTION_LENGTH
      ? `${text.slice(0, MAX_DESCRIPTION_LENGTH)}…`
      : text;
  } catch {
    return Object.prototype.toString.call(value);
  }
}

const isData = (value: unknown): boolean =>
  Array.isArray(value) ||
  (typeof value === 'object' && value !== null && String(value) === '[object Object]');
