/**
 * Reads the arguments of a step: decodes the list and inserts the results of other steps into it.
 *
 * @module
 */
import { CorruptValueError, placeRefs } from '../codec/index.ts';
import type { StepSpec } from '../model/spec.ts';
import { ArgumentError, argumentText } from '../sdk/value-errors.ts';
import type { Values } from './values.ts';

/** References are fetched in parallel, up to this number at a time. */
const MAX_PARALLEL_FETCHES = 16;

export async function readArguments(spec: StepSpec, values: Values): Promise<unknown[]> {
  const args = await values.read(spec.args, 'the list of arguments');
  if (!Array.isArray(args)) throw new ArgumentError('the list of arguments', 'it is not a list');
  const refs: { readonly path: readonly (string | number)[]; readonly value: unknown }[] = [];
  const pending = spec.refs.entries();
  const fetchPending = async () => {
    for (const [index, { path, value }] of pending) {
      refs[index] = {
        path,
        value: value === null ? undefined : await values.read(value, argumentText(path)),
      };
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(MAX_PARALLEL_FETCHES, spec.refs.length) }, fetchPending),
  );
  try {
    return placeRefs(args, refs);
  } catch (error) {
    if (error instanceof CorruptValueError)
      throw new ArgumentError('the list of arguments', error.message, error);
    throw error;
  }
}
