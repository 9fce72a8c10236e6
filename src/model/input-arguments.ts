/**
 * The arguments of a run that its logic gives to `inputFile`.
 *
 * @module
 */
import type { Signature } from './code.ts';
import type { JsonObject } from './json.ts';

/** The values of the parameters that the logic gives to `inputFile`, defaults included. */
export const inputArguments = ({ parameters }: Signature, args: JsonObject): readonly string[] =>
  parameters.flatMap(({ name, input, defaultValue }) => {
    const value = Object.hasOwn(args, name) ? args[name] : defaultValue;
    return input === true && typeof value === 'string' && value !== '' ? [value] : [];
  });
