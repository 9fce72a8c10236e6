/**
 * The metadata of an upload, checked when the step's code makes the call.
 *
 * @module
 */
import { encode } from '../codec/index.ts';
import type { JsonObject } from '../model/json.ts';
import { metadataExcess } from '../model/metadata.ts';
import { ReportError, ReportLimitError } from './report-limits.ts';

export interface CheckedMetadata {
  readonly metadata?: Record<string, JsonObject[string]>;
}

/**
 * A copy of the metadata. Metadata is displayed to users, so it must be JSON.
 *
 * @param what names the upload in errors: `artifact "a"`
 * @throws ReportError, ReportLimitError, UnserializableValueError
 */
export function checkedMetadata(what: string, metadata: unknown): CheckedMetadata {
  if (metadata === undefined) return {};
  const copy = toPlainJson(metadata, what);
  if (!isJsonObject(copy))
    throw new ReportError(`the metadata of ${what} must be an object of plain JSON`);
  const problem = metadataExcess(copy);
  if (problem !== undefined)
    throw new ReportLimitError(
      `the metadata of ${what} ${problem.excess}`,
      problem.allowed,
      'store the data as an artifact of its own',
    );
  return { metadata: { ...copy } };
}

/** @throws ReportError if the value is no JSON, UnserializableValueError if it cannot be encoded */
function toPlainJson(metadata: unknown, what: string): unknown {
  const encoded = encode(metadata);
  if (encoded.format === 'json') return JSON.parse(encoded.text);
  throw new ReportError(`the metadata of ${what} must be an object of plain JSON`);
}

/** For values that were parsed from JSON text. */
const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
