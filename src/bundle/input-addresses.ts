/**
 * Finds what the logic gives to `inputFile`, as far as the text shows it: literal addresses, and
 * parameters of the pipeline.
 *
 * @module
 */
import type { Signature } from '../model/code.ts';
import { MAX_RUN_INPUTS } from '../model/limits.ts';
import { type Node, textOf, unwrapExpression } from './ast.ts';
import type { Declaration } from './declarations.ts';
import type { CallSite } from './references.ts';
import type { Analysis, Selection } from './selection.ts';
import type { SourceModule } from './source-module.ts';

export interface InputAddresses {
  /** Each once, in the order of the source. */
  readonly literals: readonly string[];
  /** Names in the pipeline's function, which may be those of parameters. */
  readonly names: ReadonlySet<string>;
}

export function inputAddressesOf(
  { bindings, declarations }: Analysis,
  { modules }: Pick<Selection, 'modules'>,
  pipeline: Declaration,
): InputAddresses {
  const literals = new Set<string>();
  const names = new Set<string>();
  const logic = declarations.functionOf(pipeline);
  const isInLogic = (module: SourceModule, { node }: CallSite): boolean =>
    module === logic?.module &&
    logic.node !== undefined &&
    logic.node.start <= node.start &&
    node.end <= logic.node.end;
  for (const [module, { units }] of modules)
    for (const unit of module.opaque ? module.units : units)
      for (const site of unit.references.calls) {
        if (bindings.headraceFunction(module, site) !== 'inputFile') continue;
        const [argument] = site.node.arguments;
        if (argument === undefined) continue;
        const text = textOf(argument);
        if (text !== undefined) literals.add(text);
        const name = isInLogic(module, site) ? nameOf(argument) : undefined;
        if (name !== undefined) names.add(name);
      }
  return { literals: [...literals].slice(0, MAX_RUN_INPUTS), names };
}

function nameOf(argument: Node): string | undefined {
  const plain = unwrapExpression(argument);
  return plain.type === 'Identifier' ? plain.name : undefined;
}

/** The signature, in which the parameters that are given to `inputFile` are marked. */
export const withInputs = (
  signature: Signature,
  { names }: Pick<InputAddresses, 'names'>,
): Signature => ({
  ...signature,
  parameters: signature.parameters.map((parameter) =>
    names.has(parameter.name) ? { ...parameter, input: true } : parameter,
  ),
});
