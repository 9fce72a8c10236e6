/**
 * Reads objects by presigned URLs, as the evaluator does, which has no other access to the store.
 *
 * @module
 */
import { readBody } from '../../model/collect-bytes.ts';
import { ObjectMissingError, ObjectTooLargeError } from '../../ports/objects.ts';
import { TemporaryRefusalError } from '../temporary-refusals.ts';

/** The store did not answer in time, or not with the object. A later read may succeed. */
export class ObjectsUnavailableError extends TemporaryRefusalError {}

export interface ObjectReadOptions {
  readonly url: string;
  readonly key: string;
  /** The record of a step may state the size of an object wrongly. */
  readonly maxBytes: number;
  readonly fetchUrl: typeof fetch;
  /** The most milliseconds of one attempt. Default: 12 s, for an object of up to 128 MiB. */
  readonly timeoutMs?: number;
}

/** Both attempts end well within the 45 s of the evaluator's function. */
const ATTEMPTS = 2;
const DEFAULT_TIMEOUT_MS = 12_000;
/** Of a request that the store refuses for the moment. */
const TEMPORARY_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** @throws ObjectMissingError, ObjectTooLargeError, ObjectsUnavailableError, Error */
export async function readObject(options: ObjectReadOptions): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readOnce(options);
    } catch (error) {
      if (!(error instanceof ObjectsUnavailableError) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function readOnce({
  url,
  key,
  maxBytes,
  fetchUrl,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: ObjectReadOptions): Promise<Uint8Array> {
  const unavailable = (error: unknown): never => {
    throw new ObjectsUnavailableError(`the store does not answer for ${key}: ${String(error)}`, {
      cause: error,
    });
  };
  // The signal also ends a response whose body stops.
  const response = await fetchUrl(url, { signal: AbortSignal.timeout(timeoutMs) }).catch(
    unavailable,
  );
  if (response.status === 404) throw new ObjectMissingError(key);
  if (TEMPORARY_STATUSES.has(response.status)) return unavailable(`status ${response.status}`);
  if (!response.ok) throw new Error(`the store answered ${response.status} for ${key}`);
  const content = await readBody(response, maxBytes).catch(unavailable);
  if (content === undefined) throw new ObjectTooLargeError(key, undefined, maxBytes);
  return content;
}
