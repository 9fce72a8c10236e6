/**
 * The arguments of a child run: those of its call, which may be any values that steps receive.
 *
 * @module
 */
import { encodeChildArguments } from '../codec/child-argument.ts';
import { argumentPreviews } from '../model/argument-previews.ts';
import type { Signature } from '../model/code.ts';
import type { JsonObject } from '../model/json.ts';
import type { EncodedArgs, RunInfo } from '../model/run.ts';
import type { InlineValue, Value } from '../model/value.ts';
import { bindNames, completeArguments } from './arguments.ts';

/**
 * Reads the arguments of a child run from the values of a call.
 *
 * @param store stores a large argument
 * @throws ChildArgumentError, ChildRunLimitError
 * @throws UsageError
 */
export async function bindChildArguments(
  pipeline: string,
  values: readonly unknown[],
  signature: Signature,
  store: (value: InlineValue) => Promise<Value>,
): Promise<Pick<RunInfo, 'args' | 'encodedArgs'>> {
  const named = bindNames(values, signature);
  const previews = new Map(named.map(([name, value]) => [name, previewText(value)]));
  const bound = encodeChildArguments(pipeline, named);
  const complete = completeArguments(
    Object.fromEntries(
      bound.map(([name, { json }]) => [
        name,
        json === undefined ? (previews.get(name) ?? '') : json,
      ]),
    ),
    signature,
    bound.flatMap(([name, { json }]) => (json === undefined ? [name] : [])),
    // Their size is checked already. Large ones leave the record.
    Number.POSITIVE_INFINITY,
  );
  const encoded = bound.filter(([, { json, isLarge }]) => isLarge || json === undefined);
  if (encoded.length === 0) return { args: complete };
  return {
    args: {
      ...complete,
      ...Object.fromEntries(encoded.map(([name]) => [name, previews.get(name) ?? ''])),
    },
    encodedArgs: Object.fromEntries(
      await Promise.all(
        encoded.map(
          async ([name, { encoded: value, isLarge }]) =>
            [name, isLarge ? await store(value) : value] as const,
        ),
      ),
    ),
  };
}

/** The names of arguments that have no form in JSON, or are stored as objects. */
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
