/**
 * A return value with metadata. Free of Node.js, because step bundles and the evaluator's context
 * contain it, too.
 *
 * @module
 */
import type { Metadata } from './step/runtime.ts';

/** Marks the values of every copy of Headrace. */
const WITH_METADATA = /* @__PURE__ */ Symbol.for('headrace.withMetadata');

/** @internal */
export interface ValueWithMetadata {
  readonly value: unknown;
  readonly metadata: unknown;
}

/**
 * A return value of a component with metadata, which is stored and shown with its artifact. The
 * step that receives the value gets it without the metadata. It must be a whole return value: with
 * several `returnValues`, one element of the array.
 *
 * @param metadata JSON data by name, as in `{ rows: 100 }`
 * @example
 * ```ts
 * const load = component({ returnValues: ['rows'] }, async (url: string) => {
 *   const rows = await fetchRows(url);
 *   return withMetadata(rows, { count: rows.length, source: url });
 * });
 * ```
 */
export function withMetadata<T>(value: T, metadata: Metadata): T {
  const marked: unknown = new MarkedValue(value, metadata);
  return marked as T;
}

class MarkedValue implements ValueWithMetadata {
  readonly [WITH_METADATA] = true;

  constructor(
    readonly value: unknown,
    readonly metadata: unknown,
  ) {}
}

/**
 * The parts of a return value: without metadata, it is the value itself.
 *
 * @internal
 */
export function splitMetadata(returned: unknown): ValueWithMetadata {
  return typeof returned === 'object' && returned !== null && WITH_METADATA in returned
    ? (returned as unknown as ValueWithMetadata)
    : { value: returned, metadata: undefined };
}
