/**
 * The input files of the pipelines that a pipeline calls.
 *
 * @module
 */
import type { PipelineCode } from '../model/code.ts';
import { inputArguments } from '../model/input-arguments.ts';
import { MAX_DECLARED_INPUTS, MAX_RUN_INPUTS } from '../model/limits.ts';
import type { PipelineDeclaration } from '../model/options.ts';

interface Child {
  readonly compiled: { readonly code: PipelineCode; readonly declaration: PipelineDeclaration };
}

/**
 * The code with the literals and defaults of the pipelines that it calls: a child run reads the
 * inputs of its parent.
 */
export function withChildInputs(code: PipelineCode, children: readonly Child[]): PipelineCode {
  const inputs = new Set([
    ...(code.inputs ?? []),
    ...children.flatMap(({ compiled }) => [
      ...(compiled.code.inputs ?? []),
      ...inputArguments(compiled.code.signature, {}),
    ]),
  ]);
  return inputs.size === 0 ? code : { ...code, inputs: [...inputs].slice(0, MAX_RUN_INPUTS) };
}

/** The declaration with the option `inputs` of the pipelines that it calls. */
export function withChildPatterns(
  declaration: PipelineDeclaration,
  children: readonly Child[],
): PipelineDeclaration {
  const patterns = new Set([
    ...(declaration.inputs ?? []),
    ...children.flatMap(({ compiled }) => compiled.declaration.inputs ?? []),
  ]);
  return patterns.size === 0
    ? declaration
    : { ...declaration, inputs: [...patterns].slice(0, MAX_DECLARED_INPUTS) };
}
