/**
 * The argument of `useModel`. Free of Node.js, because step bundles and the evaluator's context
 * contain it, too.
 *
 * @module
 */
import { UseModelError } from './errors.ts';

/** @throws UseModelError for anything but a text */
export function modelReference(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new UseModelError(
    String(typeof value),
    'the name of a registered model is expected, as in "iris@published". Await the result of a step before you pass it',
  );
}
