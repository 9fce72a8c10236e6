/**
 * Finds and replaces Lazies and files that are nested in a value.
 *
 * @module
 */
import { isArtifactFile } from '../artifact-file.ts';
import { substitute } from '../substitute.ts';
import { isAwaitable, lazyTargetOf } from './lazy.ts';
import { calls } from './session.ts';

/**
 * A copy of the value in which each Lazy in arrays, plain objects, Maps and Sets is replaced by its
 * result. Attaches a handler to all of them at once, and rejects with the first failure.
 */
export async function awaitNestedLazies(value: unknown): Promise<unknown> {
  const promises = new Map<unknown, Promise<unknown>>();
  substitute(value, isAwaitable, (part) => {
    if (isAwaitable(part) && !promises.has(part)) promises.set(part, Promise.resolve(part));
    return undefined;
  });
  if (promises.size === 0) return value;
  const values = new Map<unknown, unknown>();
  await Promise.all([...promises].map(async ([lazy, promise]) => values.set(lazy, await promise)));
  return substitute(value, isAwaitable, (part) =>
    values.has(part) ? { value: values.get(part) } : undefined,
  );
}

/** Whether the value contains a Lazy. */
export function containsLazies(value: unknown): boolean {
  let found = false;
  substitute(value, isAwaitable, (part) => {
    if (isAwaitable(part)) found = true;
    return undefined;
  });
  return found;
}

/**
 * A copy of the value in which each file that a step returned is replaced by plain data that names
 * it.
 */
export function replaceFiles(value: unknown): unknown {
  return substitute(value, isAwaitable, (part) => {
    const target = isArtifactFile(part) ? lazyTargetOf(part) : undefined;
    return target === undefined
      ? undefined
      : { value: { step: calls[target.call]?.step ?? null, file: Reflect.get(part, 'path') } };
  });
}
