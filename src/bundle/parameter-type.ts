/**
 * What a parameter accepts, read from the syntax of its type: no type checker is run, so a type
 * that is imported, generic or computed is `any`.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import type { ParameterType } from '../model/code.ts';
import type { Json } from '../model/json.ts';
import { jsonOf, keyName } from './ast.ts';
import { enumType, membersOfConstant } from './constant-types.ts';
import type { SourceModule } from './source-module.ts';

const ANY: ParameterType = { kind: 'any' };
const KEYWORDS: Readonly<Record<string, ParameterType>> = {
  TSStringKeyword: { kind: 'string' },
  TSNumberKeyword: { kind: 'number' },
  TSBooleanKeyword: { kind: 'boolean' },
  TSNullKeyword: { kind: 'null' },
};
/** Global classes whose instances have no form in JSON. */
const CLASSES_WITHOUT_JSON: ReadonlySet<string> = new Set([
  ...['Date', 'Map', 'ReadonlyMap', 'Set', 'ReadonlySet', 'WeakMap', 'WeakSet', 'RegExp', 'URL'],
  ...['Error', 'Promise', 'Function', 'Buffer', 'ArrayBuffer', 'SharedArrayBuffer', 'DataView'],
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array'],
  ...['Uint32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
]);
/** Aliases of aliases: deeper ones are too clever. */
const MAX_ALIASES = 8;

export interface ReadType {
  readonly type: ParameterType;
  /** True if the type accepts `undefined`. */
  readonly optional: boolean;
}

export function readType(module: SourceModule, node: ESTree.TSType, aliases = 0): ReadType {
  const only = (type: ParameterType): ReadType => ({ type, optional: false });
  const keyword = KEYWORDS[node.type];
  if (keyword !== undefined) return only(keyword);
  switch (node.type) {
    case 'TSUndefinedKeyword':
      return { type: { kind: 'union', of: [] }, optional: true };
    case 'TSParenthesizedType':
      return readType(module, node.typeAnnotation, aliases);
    case 'TSLiteralType': {
      const value = jsonOf(node.literal);
      return only(
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? { kind: 'literal', value }
          : ANY,
      );
    }
    case 'TSUnionType': {
      const members = node.types.map((each) => readType(module, each, aliases));
      return {
        type: unionOf(members.map((each) => each.type)),
        optional: members.some((each) => each.optional),
      };
    }
    case 'TSArrayType':
      return only({ kind: 'array', of: readType(module, node.elementType, aliases).type });
    case 'TSTupleType':
      return only(tupleType(module, node, aliases));
    case 'TSBigIntKeyword':
      return only({ kind: 'notJson', type: 'bigint' });
    case 'TSSymbolKeyword':
      return only({ kind: 'notJson', type: 'symbol' });
    case 'TSFunctionType':
      return only({ kind: 'notJson', type: 'function' });
    case 'TSIndexedAccessType':
      return only(
        (node.indexType.type === 'TSNumberKeyword'
          ? membersOfConstant(module, node.objectType, 'values')
          : undefined) ?? ANY,
      );
    case 'TSTypeOperator':
      if (node.operator === 'keyof')
        return only(membersOfConstant(module, node.typeAnnotation, 'keys') ?? ANY);
      return node.operator === 'readonly'
        ? readType(module, node.typeAnnotation, aliases)
        : only(ANY);
    case 'TSTypeLiteral':
      return only(objectType(module, node.members, aliases));
    case 'TSTypeReference':
      return readReference(module, node, aliases);
    default:
      return only(ANY);
  }
}

/** The members of an object type, if it has nothing but plain properties. */
export function objectMembers(
  members: readonly ESTree.TSSignature[],
): readonly ESTree.TSPropertySignature[] | undefined {
  const properties = members.filter((member) => member.type === 'TSPropertySignature');
  return properties.length === members.length &&
    properties.every((property) => keyName(property) !== undefined)
    ? properties
    : undefined;
}

/** The object type behind an annotation, through aliases and interfaces of the same file. */
export function membersBehind(
  module: SourceModule,
  node: ESTree.TSType,
): readonly ESTree.TSPropertySignature[] | undefined {
  if (node.type === 'TSTypeLiteral') return objectMembers(node.members);
  if (node.type === 'TSParenthesizedType') return membersBehind(module, node.typeAnnotation);
  if (
    node.type !== 'TSTypeReference' ||
    node.typeName.type !== 'Identifier' ||
    node.typeArguments !== null
  )
    return undefined;
  const declared = module.types.get(node.typeName.name);
  if (declared?.type === 'TSInterfaceDeclaration') return interfaceMembers(module, declared);
  return declared?.type !== 'TSTypeAliasDeclaration' || declared.typeParameters !== null
    ? undefined
    : membersBehind(module, declared.typeAnnotation);
}

/** The members of an interface and of those that it extends, if all are in the same file. */
function interfaceMembers(
  module: SourceModule,
  declared: ESTree.TSInterfaceDeclaration,
  depth = 0,
): readonly ESTree.TSPropertySignature[] | undefined {
  const own = objectMembers(declared.body.body);
  if (own === undefined || depth >= MAX_ALIASES) return undefined;
  const byName = new Map<string, ESTree.TSPropertySignature>();
  for (const { expression, typeArguments } of declared.extends) {
    const base = expression.type === 'Identifier' ? module.types.get(expression.name) : undefined;
    if (
      typeArguments !== null ||
      base?.type !== 'TSInterfaceDeclaration' ||
      base.typeParameters !== null
    )
      return undefined;
    const members = interfaceMembers(module, base, depth + 1);
    if (members === undefined) return undefined;
    for (const member of members) byName.set(keyName(member) ?? '', member);
  }
  for (const member of own) byName.set(keyName(member) ?? '', member);
  return [...byName.values()];
}

function tupleType(
  module: SourceModule,
  { elementTypes }: ESTree.TSTupleType,
  aliases: number,
): ParameterType {
  const of: ParameterType[] = [];
  let required = 0;
  for (const element of elementTypes) {
    const named = element.type === 'TSNamedTupleMember';
    const inner = named ? element.elementType : element;
    if (inner.type === 'TSRestType') {
      const { type } = readType(module, inner.typeAnnotation, aliases);
      // Items after a rest have no fixed index.
      if (type.kind !== 'array' || element !== elementTypes.at(-1))
        return { kind: 'array', of: ANY };
      return { kind: 'tuple', of, required, rest: type.of };
    }
    const optional = inner.type === 'TSOptionalType' || (named && element.optional);
    const item = inner.type === 'TSOptionalType' ? inner.typeAnnotation : inner;
    of.push(readType(module, item, aliases).type);
    if (!optional) required = of.length;
  }
  return { kind: 'tuple', of, required };
}

function readReference(
  module: SourceModule,
  node: ESTree.TSTypeReference,
  aliases: number,
): ReadType {
  const none: ReadType = { type: ANY, optional: false };
  if (node.typeName.type !== 'Identifier' || aliases >= MAX_ALIASES) return none;
  const { name } = node.typeName;
  const [element, ...more] = node.typeArguments?.params ?? [];
  if (
    (name === 'Array' || name === 'ReadonlyArray') &&
    element !== undefined &&
    more.length === 0 &&
    !module.types.has(name)
  )
    return {
      type: { kind: 'array', of: readType(module, element, aliases).type },
      optional: false,
    };
  const declared = module.types.get(name);
  if (declared === undefined && CLASSES_WITHOUT_JSON.has(name) && !isLocalName(module, name))
    return { type: { kind: 'notJson', type: name }, optional: false };
  if (declared?.type === 'TSEnumDeclaration')
    return { type: enumType(declared) ?? ANY, optional: false };
  if (declared === undefined || declared.typeParameters !== null || node.typeArguments !== null)
    return none;
  if (declared.type === 'TSTypeAliasDeclaration')
    return readType(module, declared.typeAnnotation, aliases + 1);
  const members = interfaceMembers(module, declared);
  return members === undefined
    ? none
    : { type: objectType(module, members, aliases + 1), optional: false };
}

/** The file declares or imports the name, so that it is not that of the global class. */
const isLocalName = (module: SourceModule, name: string): boolean =>
  module.declarations.has(name) ||
  module.program.body.some(
    (statement) =>
      statement.type === 'ImportDeclaration' &&
      statement.specifiers.some(({ local }) => local.name === name),
  );

/** The type of a default that is no JSON, as in `new Date(0)` or `10n`. */
export function typeOfInitial(module: SourceModule, node: ESTree.Node): ParameterType | undefined {
  if (node.type === 'Literal' && 'bigint' in node && typeof node.bigint === 'string')
    return { kind: 'notJson', type: 'bigint' };
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier') return undefined;
  const { name } = node.callee;
  return CLASSES_WITHOUT_JSON.has(name) && !isLocalName(module, name)
    ? { kind: 'notJson', type: name }
    : undefined;
}

function objectType(
  module: SourceModule,
  members: readonly ESTree.TSSignature[],
  aliases: number,
): ParameterType {
  const properties = objectMembers(members);
  if (properties === undefined) return ANY;
  return {
    kind: 'object',
    properties: properties.map((property) => {
      const { type, optional } =
        property.typeAnnotation === null
          ? { type: ANY, optional: false }
          : readType(module, property.typeAnnotation.typeAnnotation, aliases);
      return { name: keyName(property) ?? '', optional: property.optional || optional, type };
    }),
  };
}

/** Without nested unions; what accepts anything makes the whole accept anything. */
function unionOf(types: readonly ParameterType[]): ParameterType {
  const flat = types.flatMap((type) => (type.kind === 'union' ? type.of : [type]));
  if (flat.some((type) => type.kind === 'any')) return ANY;
  const [first, ...rest] = flat;
  return first !== undefined && rest.length === 0 ? first : { kind: 'union', of: flat };
}

/** The type of a default, where no type is written. */
export function typeOfValue(value: Json | undefined): ParameterType {
  if (typeof value === 'string') return { kind: 'string' };
  if (typeof value === 'number') return { kind: 'number' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (value === undefined || value === null) return ANY;
  if (isList(value)) {
    const [first, ...rest] = value.map(typeOfValue);
    const alike =
      first !== undefined && rest.every((each) => JSON.stringify(each) === JSON.stringify(first));
    return { kind: 'array', of: alike ? first : ANY };
  }
  return {
    kind: 'object',
    properties: Object.entries(value).map(([name, each]) => ({
      name,
      optional: false,
      type: typeOfValue(each),
    })),
  };
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
