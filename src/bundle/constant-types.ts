/**
 * Types that follow from constants of the same file: enums, `(typeof KINDS)[number]` and
 * `keyof typeof KINDS`.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import type { ParameterType } from '../model/code.ts';
import type { Json } from '../model/json.ts';
import { jsonOf } from './ast.ts';
import type { SourceModule } from './source-module.ts';

/** The values of an enum; undefined if one of them is computed. */
export function enumType({ body }: ESTree.TSEnumDeclaration): ParameterType | undefined {
  const values: Json[] = [];
  let next: number | undefined = 0;
  for (const { initializer } of body.members) {
    const value: Json | undefined = initializer === null ? next : jsonOf(initializer);
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    next = typeof value === 'number' ? value + 1 : undefined;
    values.push(value);
  }
  return literals(values);
}

/** The literals that a constant list or object has as its values or keys. */
export function membersOfConstant(
  module: SourceModule,
  type: ESTree.TSType,
  part: 'values' | 'keys',
): ParameterType | undefined {
  if (type.type === 'TSParenthesizedType')
    return membersOfConstant(module, type.typeAnnotation, part);
  if (type.type !== 'TSTypeQuery' || type.exprName.type !== 'Identifier') return undefined;
  const value = constantValue(module, type.exprName.name);
  if (value === undefined || value === null || typeof value !== 'object') return undefined;
  if (part === 'values') return Array.isArray(value) ? literals(value) : undefined;
  return Array.isArray(value) ? undefined : literals(Object.keys(value));
}

function constantValue(module: SourceModule, name: string): Json | undefined {
  for (const { node } of module.units) {
    if (node.type !== 'VariableDeclaration' || node.kind !== 'const') continue;
    for (const { id, init } of node.declarations)
      if (id.type === 'Identifier' && id.name === name && init !== null) return jsonOf(init);
  }
  return undefined;
}

function literals(values: readonly Json[]): ParameterType | undefined {
  const types: ParameterType[] = [];
  for (const value of values) {
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
      return undefined;
    types.push({ kind: 'literal', value });
  }
  const [first, ...others] = types;
  return first !== undefined && others.length === 0 ? first : { kind: 'union', of: types };
}
