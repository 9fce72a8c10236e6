/**
 * One argument of a child run: JSON where it is JSON, else encoded like an argument of a step.
 *
 * @module
 */
import { ChildArgumentError } from '../model/child-pipeline.ts';
import type { Json } from '../model/json.ts';
import { toJson } from '../model/to-json.ts';
import type { InlineValue } from '../model/value.ts';
import { encode, toInline, UnserializableValueError } from './index.ts';

export type ChildArgument = { readonly json: Json } | { readonly encoded: InlineValue };

/** @throws ChildArgumentError */
export function encodeChildArgument(
  pipeline: string,
  parameter: string,
  value: unknown,
): ChildArgument {
  const result = toJson(value);
  if ('json' in result) return result;
  try {
    return { encoded: toInline(encode(value)) };
  } catch (error) {
    if (!(error instanceof UnserializableValueError)) throw error;
    const { path, found } = error;
    const separator = path === '' || path.startsWith('[') ? '' : '.';
    throw new ChildArgumentError(pipeline, `${parameter}${separator}${path}`, found);
  }
}
