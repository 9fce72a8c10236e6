/**
 * The arguments of a child run: those of its call, which may be any values that steps receive.
 *
 * @module
 */
import { encodeChildArgument } from '../codec/child-argument.ts';
import { argumentPreviews } from '../model/argument-previews.ts';
import type { Signature } from '../model/code.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { MAX_ARGUMENTS_BYTES } from '../model/limits.ts';
import type { EncodedArgs, RunInfo } from '../model/run.ts';
import type { InlineValue } from '../model/value.ts';
import { bindNames, completeArguments } from './arguments.ts';
import { ArgumentsTooLargeError } from './errors.ts';

/**
 * Reads the arguments of a child run from the values of a call.
 *
 * @throws ChildArgumentError
 * @throws UsageError
 */
export function bindChildArguments(
  pipeline: string,
  values: readonly unknown[],
  signature: Signature,
): Pick<RunInfo, 'args' | 'encodedArgs'> {
  const args: [string, Json][] = [];
  const encoded: [string, InlineValue][] = [];
  let size = 0;
  for (const [name, value] of bindNames(values, signature)) {
    const argument = encodeChildArgument(pipeline, name, value);
    if ('json' in argument) args.push([name, argument.json]);
    else {
      size += argument.encoded.text.length;
      if (size > MAX_ARGUMENTS_BYTES) throw new ArgumentsTooLargeError(name, size);
      encoded.push([name, argument.encoded]);
      args.push([name, previewText(value)]);
    }
  }
  return {
    args: completeArguments(
      Object.fromEntries(args),
      signature,
      encoded.map(([name]) => name),
    ),
    ...(encoded.length === 0 ? {} : { encodedArgs: Object.fromEntries(encoded) }),
  };
}

/** The names of arguments that have no form in JSON. */
export const encodedNames = ({ encodedArgs = {} }: Pick<RunInfo, 'encodedArgs'>): string[] =>
  Object.keys(encodedArgs);

/** The arguments that a run of its own can be given. */
export const jsonArguments = (args: JsonObject, encoded: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(args).filter(([name]) => !encoded.includes(name)));

/** The encoded arguments that other arguments of a run leave as they are. */
export function keptEncodedArgs(
  { args, encodedArgs = {} }: Pick<RunInfo, 'args' | 'encodedArgs'>,
  changed: RunInfo['args'],
): EncodedArgs | undefined {
  const kept = Object.entries(encodedArgs).filter(([name]) => changed[name] === args[name]);
  return kept.length === 0 ? undefined : Object.fromEntries(kept);
}

const previewText = (value: unknown): string =>
  argumentPreviews([value], { style: 'positional', rest: false, parameters: [] })[0]?.value ?? '';
