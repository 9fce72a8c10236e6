/**
 * The parts of declarations that a bundle leaves out.
 *
 * @module
 */
import type { Range } from './ast.ts';
import type { Declaration } from './declarations.ts';
import { serializerProperties } from './serializers.ts';

interface OmissionOptions {
  readonly flavour: 'logic' | 'step';
  readonly withoutDeserializer: ReadonlyMap<Declaration, string>;
  readonly logicOf?: Declaration | undefined;
}

/**
 * Whether the bundle of a logic contains only a stub of this pipeline, whose calls start child runs.
 * CommonJS, and a constant with several pipelines, do not show which of them are called.
 */
export const isChildStub = (declaration: Declaration, logicOf: Declaration | undefined): boolean =>
  logicOf !== undefined && declaration !== logicOf && isCallable(declaration);

/** Whether other pipelines can call this one: it is a constant of its own in an ES module. */
export const isCallable = ({ kind, module, accessPath }: Declaration): boolean =>
  kind === 'pipeline' && !module.opaque && accessPath?.length === 1;

/** The parts of a declaration that a flavour leaves out. */
export function omittedRanges(
  declaration: Declaration,
  options: OmissionOptions,
): readonly Range[] {
  const { call, fn, kind } = declaration;
  if (options.flavour === 'step') return [call];
  if (kind === 'component') return [call.callee, fn];
  if (isChildStub(declaration, options.logicOf))
    return [call.callee, fn, ...serializerProperties(declaration).map(({ property }) => property)];
  const serializers = serializerProperties(declaration).filter(
    ({ key }) => key === 'artifactSerializer' || options.withoutDeserializer.has(declaration),
  );
  return [call.callee, ...serializers.map(({ property }) => property)];
}
