/**
 * Reduces a failing input as long as it still fails: removes parts of bytes and texts, elements of
 * arrays and fields of objects, at any depth.
 *
 * @module
 */

/** Smaller inputs, the smallest first. */
function* smaller(input: unknown): Generator<unknown> {
  if (typeof input === 'string') yield* slices(input, (parts) => parts.join(''));
  else if (input instanceof Uint8Array)
    yield* slices(input, (parts) => new Uint8Array(Buffer.concat(parts)));
  else if (Array.isArray(input)) {
    yield* slices(input, (parts) => parts.flat(1));
    for (const [index, element] of input.entries())
      for (const other of smaller(element)) yield input.with(index, other);
  } else if (typeof input === 'object' && input !== null)
    for (const [key, value] of Object.entries(input))
      for (const other of smaller(value)) yield { ...input, [key]: other };
}

interface Sliceable<S> {
  readonly length: number;
  slice(start: number, end?: number): S;
}

/** The input without one part of it: without halves first, without single elements last. */
function* slices<S extends Sliceable<S>>(input: S, join: (parts: S[]) => unknown): Generator {
  for (let size = Math.ceil(input.length / 2); size >= 1; size = size === 1 ? 0 : size >> 1)
    for (let start = 0; start < input.length; start += size)
      yield join([input.slice(0, start), input.slice(start + size)]);
}

const MAX_SHRINK_MS = 20_000;

/** @param fails whether an input breaks a rule */
export async function shrink<I>(input: I, fails: (input: I) => Promise<boolean>): Promise<I> {
  const deadline = Date.now() + MAX_SHRINK_MS;
  let smallest = input;
  for (let found = true; found; ) {
    found = false;
    for (const candidate of smaller(smallest) as Generator<I>) {
      if (Date.now() > deadline) return smallest;
      if (!(await fails(candidate).catch(() => false))) continue;
      smallest = candidate;
      found = true;
      break;
    }
  }
  return smallest;
}
