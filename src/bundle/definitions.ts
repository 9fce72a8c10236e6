/**
 * Finds the function or the object literal behind an expression, as far as the text shows it.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import {
  chainOf,
  type FunctionNode,
  isFunctionNode,
  keyName,
  type Node,
  unwrapExpression,
} from './ast.ts';
import type { Binding, Bindings } from './bindings.ts';
import type { Project } from './project.ts';
import { DEFAULT_EXPORT_NAME, type SourceModule, type Unit } from './source-module.ts';

export interface KnownFunction {
  /** The function's name when it runs, if the text shows it. */
  readonly name: string | undefined;
  /** A name to fall back to: the one by which a package exports it. */
  readonly fallbackName?: string;
  /** Undefined if its source is not the project's. */
  readonly node: FunctionNode | undefined;
  readonly module: SourceModule;
  /** The node that has its doc comment. */
  readonly documented: Node;
}

interface Definition {
  readonly module: SourceModule;
  readonly node: Node;
  /** The name that an anonymous function there gets. */
  readonly name: string | undefined;
  readonly documented: Node;
}

export function resolveFunction(
  project: Project,
  bindings: Bindings,
  module: SourceModule,
  expression: Node,
): KnownFunction | undefined {
  const plain = unwrapExpression(expression);
  if (isFunctionNode(plain))
    return { name: ownName(plain), node: plain, module, documented: plain };
  const chain = chainOf(plain);
  if (chain === undefined) return undefined;
  const definition = definitionOf(project, bindings, module, chain);
  const fallbackName = module.imports.get(chain[0])?.imported;
  if (definition === undefined || !isFunctionNode(definition.node)) {
    const property = chain.length > 1 ? chain.at(-1) : undefined;
    return {
      name: property,
      node: undefined,
      module,
      documented: plain,
      ...(fallbackName !== undefined && fallbackName !== '*' && fallbackName !== 'default'
        ? { fallbackName }
        : {}),
    };
  }
  return {
    name: ownName(definition.node) ?? definition.name,
    node: definition.node,
    module: definition.module,
    documented: definition.documented,
  };
}

/** The object literal behind an expression, through constants of the project. */
export function resolveObjectLiteral(
  bindings: Bindings,
  module: SourceModule,
  expression: Node,
): { module: SourceModule; object: ESTree.ObjectExpression } | undefined {
  const plain = unwrapExpression(expression);
  if (plain.type === 'ObjectExpression') return { module, object: plain };
  if (plain.type !== 'Identifier') return undefined;
  const binding = bindings.local(module, plain.name);
  const definition =
    binding.kind === 'declared'
      ? definitionInUnit(binding.module, binding.unit, binding.name)
      : undefined;
  return definition?.node.type === 'ObjectExpression'
    ? { module: definition.module, object: definition.node }
    : undefined;
}

const ownName = (fn: FunctionNode): string | undefined =>
  fn.type === 'ArrowFunctionExpression' ? undefined : fn.id?.name;

function definitionOf(
  project: Project,
  bindings: Bindings,
  module: SourceModule,
  chain: readonly [string, ...string[]],
): Definition | undefined {
  const [root, ...rest] = chain;
  const imported = module.imports.get(root);
  let binding: Binding | undefined = bindings.local(module, root);
  let path = rest;
  if (imported?.imported === '*' && rest[0] !== undefined) {
    const target = project.target(module, imported.declaration.specifier);
    binding = target === undefined ? undefined : bindings.exported(target, rest[0]);
    path = rest.slice(1);
  }
  if (binding?.kind !== 'declared') return undefined;
  return path.reduce<Definition | undefined>(
    (definition, key) =>
      definition === undefined ? undefined : propertyDefinition(definition, key),
    definitionInUnit(binding.module, binding.unit, binding.name),
  );
}

/** What a unit binds to a name. */
function definitionInUnit(module: SourceModule, unit: Unit, name: string): Definition | undefined {
  const named = name === DEFAULT_EXPORT_NAME ? undefined : name;
  if (unit.node.type !== 'VariableDeclaration')
    return { module, node: unwrapExpression(unit.node), name: named, documented: unit.node };
  for (const { id, init } of unit.node.declarations) {
    if (id.type === 'Identifier' && id.name === name && init !== null)
      return { module, node: unwrapExpression(init), name: named, documented: unit.node };
  }
  return undefined;
}

function propertyDefinition(definition: Definition, key: string): Definition | undefined {
  if (definition.node.type !== 'ObjectExpression') return undefined;
  for (const each of definition.node.properties) {
    if (each.type === 'Property' && keyName(each) === key)
      return {
        module: definition.module,
        node: unwrapExpression(each.value),
        name: key,
        documented: each,
      };
  }
  return undefined;
}
