/**
 * The members of a module of Node.js that the logic does not have.
 *
 * @module
 */
import { MOVE_TO_COMPONENT, throwingStub } from './unavailable-globals.ts';

type Refused<N extends string> = { readonly [K in N]: (...args: unknown[]) => never };

/** A function for each name, which throws a `NotInLogicError` that has the name. */
export const refusedMembers = <const N extends string>(
  module: string,
  names: readonly N[],
): Refused<N> =>
  Object.fromEntries(
    names.map((name) => [name, throwingStub(`${module}.${name}`, MOVE_TO_COMPONENT)]),
  ) as Refused<N>;
