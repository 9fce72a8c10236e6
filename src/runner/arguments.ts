/**
 * The arguments of a step: decoded, with what other steps made put in its places.
 *
 * @module
 */
import { CorruptValueError, placeRefs } from '../codec/index.ts';
import type { StepSpec } from '../model/spec.ts';
import { ArgumentError } from './errors.ts';
import type { Values } from './values.ts';

/** References that are fetched at the same time. */
const FETCHES = 16;

export async function readArguments(spec: StepSpec, values: Values): Promise<unknown[]> {
  const args = await values.read(spec.args, 'the list of arguments');
  if (!Array.isArray(args)) throw new ArgumentError('the list of arguments', 'it is no list');
  const refs: { readonly path: readonly (string | number)[]; readonly value: unknown }[] = [];
  const waiting = spec.refs.entries();
  const fetchInTurn = async () => {
    for (const [index, { path, value }] of waiting) {
      refs[index] = {
        path,
        value: value === null ? undefined : await values.read(value, placeOf(path)),
      };
    }
  };
  await Promise.all(Array.from({ length: Math.min(FETCHES, spec.refs.length) }, fetchInTurn));
  try {
    return placeRefs(args, refs);
  } catch (error) {
    if (error instanceof CorruptValueError)
      throw new ArgumentError('the list of arguments', error.message, error);
    throw error;
  }
}

const placeOf = ([index, ...path]: readonly (string | number)[]): string =>
  `argument ${Number(index) + 1}${path.map((part) => `[${JSON.stringify(part)}]`).join('')}`;
