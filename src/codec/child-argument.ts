/**
 * The arguments of a child run: JSON, or encoded like an argument of a step. Large ones are encoded in
 * any case, so that they can be stored as objects.
 *
 * @module
 */
import { ChildArgumentError, ChildRunLimitError } from '../model/child-pipeline.ts';
import type { Json } from '../model/json.ts';
import {
  MAX_CHILD_ARGUMENT_LENGTH,
  MAX_CHILD_ARGUMENTS_BYTES,
  MAX_INLINE_CHILD_ARGUMENTS,
} from '../model/limits.ts';
import { toJson } from '../model/to-json.ts';
import { utf8Length } from '../model/utf8-length.ts';
import type { InlineValue } from '../model/value.ts';
import { encode, toInline, UnserializableValueError } from './index.ts';

export interface ChildArgument {
  /** Undefined if the value has no form in JSON. */
  readonly json?: Json | undefined;
  readonly encoded: InlineValue;
  /** The record of the child run refers to it. */
  readonly isLarge: boolean;
}

/**
 * The same in every mode.
 *
 * @param named the values by the names of their parameters; undefined ones are left out
 * @throws ChildArgumentError
 * @throws ChildRunLimitError if they are too large together
 */
export function encodeChildArguments(
  pipeline: string,
  named: Iterable<readonly [string, unknown]>,
): readonly (readonly [string, ChildArgument])[] {
  const args: (readonly [string, ChildArgument])[] = [];
  let size = 0;
  let inlineLength = 0;
  for (const [name, value] of named) {
    if (value === undefined) continue;
    const argument = encodeArgument(pipeline, name, value);
    size += sizeOf(argument.encoded);
    if (size > MAX_CHILD_ARGUMENTS_BYTES) throw new ChildRunLimitError(pipeline, 'arguments');
    const { length } = argument.encoded.text;
    const isLarge =
      length > MAX_CHILD_ARGUMENT_LENGTH || inlineLength + length > MAX_INLINE_CHILD_ARGUMENTS;
    if (!isLarge) inlineLength += length;
    args.push([name, { ...argument, isLarge }]);
  }
  return args;
}

function encodeArgument(
  pipeline: string,
  parameter: string,
  value: unknown,
): Omit<ChildArgument, 'isLarge'> {
  const result = toJson(value);
  if ('json' in result)
    return {
      json: result.json,
      encoded: { format: 'json', text: JSON.stringify(result.json) },
    };
  try {
    return { encoded: toInline(encode(value)) };
  } catch (error) {
    if (!(error instanceof UnserializableValueError)) throw error;
    const { path, found } = error;
    const separator = path === '' || path.startsWith('[') ? '' : '.';
    throw new ChildArgumentError(pipeline, `${parameter}${separator}${path}`, found);
  }
}

const BASE64_RATIO = 3 / 4;

const sizeOf = ({ format, text }: InlineValue): number =>
  format === 'json' ? utf8Length(text) : text.length * BASE64_RATIO;
