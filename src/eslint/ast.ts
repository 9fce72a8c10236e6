/**
 * Helpers for syntax trees of ESLint. Nodes have a parent, and those of TypeScript have the names
 * that typescript-eslint gives them.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { type FunctionNode, isFunctionNode, type Node } from '../bundle/ast.ts';
import type { AnyNode } from './plugin-types.ts';

/** ESLint calls a rule with nodes of the parser; their shapes are those of ESTree. */
export const asNode = (node: AnyNode): Node => node as Node;

/** An identifier, whatever it binds or refers to. */
export interface NamedNode extends AnyNode {
  readonly name: string;
}

/** The node that contains this one; undefined for the whole program. */
export function parentOf(node: Node): Node | undefined {
  const parent: unknown = 'parent' in node ? node.parent : undefined;
  return typeof parent === 'object' && parent !== null && 'type' in parent
    ? asNode(parent as AnyNode)
    : undefined;
}

const WRAPPERS: ReadonlySet<string> = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
  'ChainExpression',
  'ParenthesizedExpression',
]);

/** The outermost `as`, `satisfies`, `!` or `<T>` around the expression, else the expression. */
export function wrapperOf(node: Node): Node {
  const parent = parentOf(node);
  return parent !== undefined && WRAPPERS.has(parent.type) ? wrapperOf(parent) : node;
}

/** The function whose code contains the node; undefined at the top level of the file. */
export function enclosingFunction(node: Node): FunctionNode | undefined {
  for (let at = parentOf(node); at !== undefined; at = parentOf(at))
    if (isFunctionNode(at)) return at;
  return undefined;
}

/** The call of which the expression is an argument, and the position of the argument. */
export function callWithArgument(
  node: Node,
): { readonly call: ESTree.CallExpression; readonly index: number } | undefined {
  const argument = wrapperOf(node);
  const call = parentOf(argument);
  if (call?.type !== 'CallExpression') return undefined;
  const index = call.arguments.map((each): Node => each).indexOf(argument);
  return index < 0 ? undefined : { call, index };
}
