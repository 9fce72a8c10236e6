/**
 * Helpers for reading a syntax tree: children, wrappers without meaning, literal values.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import type { Json } from '../model/json.ts';

export type Node = ESTree.Node;
export type CallExpression = ESTree.CallExpression;
export type FunctionNode = ESTree.Function | ESTree.ArrowFunctionExpression;

/** A range of a text, in UTF-16 code units. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export const isNode = (value: unknown): value is Node =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  typeof value.type === 'string' &&
  'start' in value;

/** The keys that have only types, which are erased before the code runs. */
const TYPE_KEYS = new Set([
  'typeAnnotation',
  'returnType',
  'typeParameters',
  'typeArguments',
  'superTypeArguments',
  'implements',
]);

/** The child nodes that have a meaning at run time. */
export function* children(node: Node): Generator<Node> {
  for (const [key, value] of Object.entries(node)) {
    if (typeof value !== 'object' || value === null || TYPE_KEYS.has(key)) continue;
    if (Array.isArray(value)) {
      for (const each of value) if (isNode(each)) yield each;
    } else if (isNode(value)) {
      yield value;
    }
  }
}

export const isFunctionNode = (node: Node): node is FunctionNode =>
  node.type === 'FunctionExpression' ||
  node.type === 'FunctionDeclaration' ||
  node.type === 'ArrowFunctionExpression';

/** Without parentheses, `as`, `satisfies`, `!` and `<T>`: the expression that is evaluated. */
export function unwrapExpression(node: Node): Node {
  switch (node.type) {
    case 'ParenthesizedExpression':
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
    case 'TSNonNullExpression':
    case 'TSTypeAssertion':
    case 'TSInstantiationExpression':
    case 'ChainExpression':
      return unwrapExpression(node.expression);
    default:
      return node;
  }
}

/**
 * `a.b.c` as `['a', 'b', 'c']`; undefined if the node is anything else. Compilers write a call of an
 * import as `(0, a.b)()`.
 */
export function chainOf(node: Node): readonly [string, ...string[]] | undefined {
  const plain = unwrapExpression(node);
  if (plain.type === 'SequenceExpression') {
    const [zero, last, ...more] = plain.expressions;
    return zero?.type === 'Literal' && last !== undefined && more.length === 0
      ? chainOf(last)
      : undefined;
  }
  if (plain.type === 'Identifier') return [plain.name];
  if (plain.type !== 'MemberExpression') return undefined;
  const property = propertyName(plain);
  const object = chainOf(plain.object);
  return property === undefined || object === undefined ? undefined : [...object, property];
}

/** The name behind the dot, or in brackets if it is a literal there. */
export function propertyName(node: ESTree.MemberExpression): string | undefined {
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'Literal' && typeof node.property.value === 'string'
    ? node.property.value
    : undefined;
}

/** The key of a property of an object or pattern, if it is known from the text. */
export function keyName(property: {
  readonly key: Node;
  readonly computed: boolean;
}): string | undefined {
  const { key, computed } = property;
  if (key.type === 'Literal' && (typeof key.value === 'string' || typeof key.value === 'number'))
    return String(key.value);
  return !computed && key.type === 'Identifier' ? key.name : undefined;
}

/** The names that a pattern binds. */
export function boundNames(pattern: Node): string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    case 'RestElement':
      return boundNames(pattern.argument);
    case 'ArrayPattern':
      return pattern.elements.flatMap((element) => (element === null ? [] : boundNames(element)));
    case 'ObjectPattern':
      return pattern.properties.flatMap((property) =>
        boundNames(property.type === 'RestElement' ? property : property.value),
      );
    case 'TSParameterProperty':
      return boundNames(pattern.parameter);
    default:
      return [];
  }
}

/** The text of `'a'`, or of a template without expressions. */
export function textOf(node: Node): string | undefined {
  const plain = unwrapExpression(node);
  if (plain.type === 'Literal' && typeof plain.value === 'string') return plain.value;
  if (plain.type === 'TemplateLiteral' && plain.expressions.length === 0)
    return plain.quasis[0]?.value.cooked ?? undefined;
  return undefined;
}

/** The value of an expression that is a JSON literal. */
export function jsonOf(node: Node): Json | undefined {
  const plain = unwrapExpression(node);
  switch (plain.type) {
    case 'Literal':
      return typeof plain.value === 'string' ||
        typeof plain.value === 'number' ||
        typeof plain.value === 'boolean' ||
        ('raw' in plain && plain.raw === 'null')
        ? primitive(plain.value)
        : undefined;
    case 'TemplateLiteral':
      return textOf(plain);
    case 'UnaryExpression': {
      const value =
        plain.operator === '-' || plain.operator === '+' ? jsonOf(plain.argument) : undefined;
      // JSON has no -0.
      return typeof value !== 'number' || (plain.operator === '-' && value === 0)
        ? undefined
        : plain.operator === '-'
          ? -value
          : value;
    }
    case 'ArrayExpression': {
      const items: Json[] = [];
      for (const element of plain.elements) {
        const item =
          element === null || element.type === 'SpreadElement' ? undefined : jsonOf(element);
        if (item === undefined) return undefined;
        items.push(item);
      }
      return items;
    }
    case 'ObjectExpression': {
      const entries: [string, Json][] = [];
      for (const property of plain.properties) {
        const key =
          property.type === 'Property' && property.kind === 'init' && !property.method
            ? keyName(property)
            : undefined;
        const value =
          key === undefined || property.type !== 'Property' ? undefined : jsonOf(property.value);
        if (key === undefined || value === undefined) return undefined;
        entries.push([key, value]);
      }
      return Object.fromEntries(entries);
    }
    default:
      return undefined;
  }
}

const primitive = (value: unknown): Json | undefined =>
  value === null ||
  typeof value === 'string' ||
  typeof value === 'number' ||
  typeof value === 'boolean'
    ? value
    : undefined;
