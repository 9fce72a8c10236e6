/**
 * Finds the expressions that are a Lazy: by their types if the parser has them, else by the text of
 * the file.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { type Node, unwrapExpression } from '../bundle/ast.ts';
import type { NamedNode } from './ast.ts';
import { type FileModel, importOf, modelOf } from './file-model.ts';
import type { SourceCode } from './plugin-types.ts';
import { isLazyTupleType, isLazyType, typeServicesOf } from './types.ts';

/** `tuple`: the result of a component with several return values. */
export type LazyKind = 'single' | 'tuple' | 'unknown';

/** The kind of Lazy that the expression is; undefined if it is none, or may be none. */
export function lazyKindOf(sourceCode: SourceCode, expression: Node): LazyKind | undefined {
  return (
    kindByText(modelOf(sourceCode), expression) ??
    kindByType(sourceCode, unwrapExpression(expression))
  );
}

function kindByType(sourceCode: SourceCode, expression: Node): LazyKind | undefined {
  const services = typeServicesOf(sourceCode);
  if (services === undefined) return undefined;
  const type = services.getTypeAtLocation(expression);
  if (!isLazyType(type)) return undefined;
  return isLazyTupleType(type) ? 'tuple' : 'single';
}

function kindByText(model: FileModel, expression: Node): LazyKind | undefined {
  const value = model.resolve(expression);
  switch (value.type) {
    case 'CallExpression':
      return kindOfCall(model, value);
    case 'Identifier':
      return isElementOfTuple(model, value) || isAnnotated(model, value) ? 'single' : undefined;
    case 'MemberExpression':
      return value.computed &&
        value.property.type === 'Literal' &&
        typeof value.property.value === 'number' &&
        kindByText(model, value.object) === 'tuple'
        ? 'single'
        : undefined;
    case 'ConditionalExpression': {
      const kind = kindByText(model, value.consequent);
      const other = kindByText(model, value.alternate);
      if (kind === undefined || other === undefined) return undefined;
      return kind === other ? kind : 'unknown';
    }
    case 'SequenceExpression': {
      const last = value.expressions.at(-1);
      return last === undefined ? undefined : kindByText(model, last);
    }
    default:
      return undefined;
  }
}

function kindOfCall(model: FileModel, call: ESTree.CallExpression): LazyKind | undefined {
  if (!model.isStepCall(call)) return undefined;
  const count = model.returnValueCount(call);
  if (count === undefined) return 'unknown';
  return count > 1 ? 'tuple' : 'single';
}

/** `a` of `const [a] = split(rows)`. */
function isElementOfTuple(model: FileModel, identifier: NamedNode): boolean {
  const declarator = model.declaratorOf(identifier);
  if (declarator?.id.type !== 'ArrayPattern' || declarator.init == null) return false;
  const isElement = declarator.id.elements.some(
    (element) => element?.type === 'Identifier' && element.name === identifier.name,
  );
  return isElement && kindByText(model, declarator.init) === 'tuple';
}

/** A parameter `model: Lazy<Model>`, with the type of `headrace`. */
function isAnnotated(model: FileModel, identifier: NamedNode): boolean {
  const [definition] = model.variableOf(identifier)?.defs ?? [];
  if (definition?.type !== 'Parameter') return false;
  const name: object = definition.name;
  if ('optional' in name && name.optional === true) return false;
  const annotation = 'typeAnnotation' in name ? name.typeAnnotation : undefined;
  const type = childOf(annotation, 'typeAnnotation');
  if (childOf(type, 'type') !== 'TSTypeReference') return false;
  const typeName = childOf(type, 'typeName');
  if (childOf(typeName, 'type') !== 'Identifier') return false;
  const variable = model.variableOf(typeName as NamedNode);
  const imported = variable === undefined ? undefined : importOf(variable);
  return imported?.source === 'headrace' && imported.name === 'Lazy';
}

const childOf = (node: unknown, key: string): unknown =>
  typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined;
