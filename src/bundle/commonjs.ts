/**
 * CommonJS as compilers write it, and TypeScript's own syntax for it.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { chainOf, type Node, textOf, unwrapExpression } from './ast.ts';

/**
 * The specifier of `require('x')`, as it is or in the call of one helper, as in
 * `__importStar(require('x'))`.
 */
export function requiredSpecifier(expression: Node): string | undefined {
  const plain = unwrapExpression(expression);
  if (plain.type !== 'CallExpression') return undefined;
  const [argument] = plain.arguments;
  if (argument === undefined || argument.type === 'SpreadElement') return undefined;
  if (plain.callee.type === 'Identifier' && plain.callee.name === 'require')
    return textOf(argument);
  return argument.type === 'CallExpression' &&
    argument.callee.type === 'Identifier' &&
    argument.callee.name === 'require'
    ? requiredSpecifier(argument)
    : undefined;
}

/** The name of an export: `load` of `exports.load = …` and of `module.exports.load = …`. */
export function assignedExport(statement: Node): string | undefined {
  if (statement.type !== 'ExpressionStatement') return undefined;
  const expression = unwrapExpression(statement.expression);
  if (expression.type !== 'AssignmentExpression') return undefined;
  const chain = chainOf(expression.left) ?? [];
  const path = chain[0] === 'module' ? chain.slice(1) : chain;
  return path[0] === 'exports' && path.length === 2 ? path[1] : undefined;
}

/** `import x = require('y')`, if a node is one. */
export function importEquals(
  node: Node,
): { readonly local: string; readonly source: ESTree.StringLiteral } | undefined {
  return node.type === 'TSImportEqualsDeclaration' &&
    node.importKind !== 'type' &&
    node.moduleReference.type === 'TSExternalModuleReference'
    ? { local: node.id.name, source: node.moduleReference.expression }
    : undefined;
}
