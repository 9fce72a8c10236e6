/**
 * The parameters of a component or a pipeline, from its function's text.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import type { Parameter, ParameterType, Signature } from '../model/code.ts';
import { jsonOf, keyName, type Node } from './ast.ts';
import type { KnownFunction } from './definitions.ts';
import { commentBeside, type DocParameter, docParameters } from './doc-comments.ts';
import { membersBehind, readType, typeOfInitial, typeOfValue } from './parameter-type.ts';
import type { SourceModule } from './source-module.ts';

/** A function whose source is not available: it accepts any arguments. */
const UNKNOWN_SIGNATURE: Signature = { style: 'positional', parameters: [], rest: true };

/**
 * @param documented another node that may have the doc comment: the declaration around the
 *   function.
 */
export function signatureOf(
  known: KnownFunction | undefined,
  documented: readonly Node[] = [],
): Signature {
  if (known?.node === undefined) return UNKNOWN_SIGNATURE;
  const { node, module } = known;
  const params = node.params.map(parseParameter).filter((param) => param !== undefined);
  const docs = docParameters(module, [...documented, known.documented, node]);
  const [only] = params;
  if (params.length === 1 && only?.pattern.type === 'ObjectPattern')
    return objectSignature(module, only, docs);
  const list: Parameter[] = params.map((param, index) => {
    const open =
      index === 0 ? startOfParameters(module, node) : (params[index - 1]?.node.end ?? node.start);
    const close = params[index + 1]?.node.start ?? node.body?.start ?? node.end;
    const name = param.pattern.type === 'Identifier' ? param.pattern.name : `arg${index}`;
    return describe(module, {
      ...param,
      name,
      comment: commentBeside(module, param.node, open, close),
      doc: docs.get(name),
    });
  });
  return { style: 'positional', parameters: list, rest: params.at(-1)?.rest ?? false };
}

interface RawParameter {
  /** As a whole, with type and default. */
  readonly node: Node;
  readonly pattern: Node;
  readonly type: ESTree.TSType | undefined;
  readonly initial: Node | undefined;
  readonly optional: boolean;
  readonly rest: boolean;
}

function parseParameter(node: ESTree.ParamPattern): RawParameter | undefined {
  if (node.type === 'TSParameterProperty') return parseParameter(node.parameter);
  if (node.type === 'RestElement')
    return {
      node,
      pattern: node.argument,
      type: node.typeAnnotation?.typeAnnotation,
      initial: undefined,
      optional: true,
      rest: true,
    };
  // `this: …` is a type, not a parameter.
  if (node.type === 'Identifier' && node.name === 'this') return undefined;
  const pattern = node.type === 'AssignmentPattern' ? node.left : node;
  const annotated =
    'typeAnnotation' in pattern ? pattern.typeAnnotation?.typeAnnotation : undefined;
  const optional = 'optional' in pattern && Boolean(pattern.optional);
  const initial = node.type === 'AssignmentPattern' ? node.right : undefined;
  return { node, pattern, type: annotated, initial, optional, rest: false };
}

interface DescribedParameter extends Omit<RawParameter, 'node' | 'pattern'> {
  readonly name: string;
  readonly comment: string | undefined;
  readonly doc: DocParameter | undefined;
}

function describe(module: SourceModule, param: DescribedParameter): Parameter {
  const { name, type, initial, comment, doc } = param;
  const read = type === undefined ? undefined : readType(module, type);
  const defaultValue = initial === undefined ? undefined : jsonOf(initial);
  const description = doc?.text ?? comment;
  return {
    name,
    type:
      read?.type ??
      docType(doc) ??
      (initial === undefined ? undefined : typeOfInitial(module, initial)) ??
      typeOfValue(defaultValue),
    ...(type === undefined ? {} : { typeText: module.text.slice(type.start, type.end) }),
    optional: param.optional || initial !== undefined || (read?.optional ?? false),
    ...(initial === undefined
      ? {}
      : { defaultText: module.text.slice(initial.start, initial.end) }),
    ...(defaultValue === undefined ? {} : { defaultValue }),
    ...(description === undefined ? {} : { description }),
  };
}

function docType(doc: DocParameter | undefined): ParameterType | undefined {
  const type = doc?.type?.trim();
  return type === 'string' || type === 'number' || type === 'boolean' ? { kind: type } : undefined;
}

/** One destructured object: its properties are the parameters. */
function objectSignature(
  module: SourceModule,
  param: RawParameter,
  docs: ReadonlyMap<string, DocParameter>,
): Signature {
  const { pattern, type, initial } = param;
  if (pattern.type !== 'ObjectPattern') return UNKNOWN_SIGNATURE;
  const members = new Map(
    (type === undefined ? undefined : membersBehind(module, type))?.map((member) => [
      keyName(member) ?? '',
      member,
    ]),
  );
  const outer = initial === undefined ? undefined : jsonOf(initial);
  const defaults =
    outer !== undefined && outer !== null && typeof outer === 'object' && !Array.isArray(outer)
      ? new Map(Object.entries(outer))
      : new Map();
  const parameters: Parameter[] = [];
  let rest = false;
  for (const [index, property] of pattern.properties.entries()) {
    if (property.type === 'RestElement') {
      rest = true;
      continue;
    }
    const name = keyName(property);
    if (name === undefined) continue;
    const member = members.get(name);
    const open = pattern.properties[index - 1]?.end ?? pattern.start;
    const close = pattern.properties[index + 1]?.start ?? pattern.end;
    const beside =
      commentBeside(module, property, open, close) ??
      (member === undefined ? undefined : memberComment(module, member, [...members.values()]));
    const inner = property.value.type === 'AssignmentPattern' ? property.value.right : undefined;
    const described = describe(module, {
      name,
      type: member?.typeAnnotation?.typeAnnotation,
      initial: inner,
      optional: member?.optional ?? false,
      rest: false,
      comment: beside,
      doc: docs.get(name),
    });
    const outerDefault = defaults.get(name);
    parameters.push(
      outerDefault === undefined || inner !== undefined
        ? described
        : {
            ...described,
            optional: true,
            defaultText: JSON.stringify(outerDefault),
            defaultValue: outerDefault,
            ...(member === undefined ? { type: typeOfValue(outerDefault) } : {}),
          },
    );
  }
  if (rest) {
    const named = new Set(parameters.map((each) => each.name));
    for (const [name, member] of members) {
      if (named.has(name)) continue;
      parameters.push(
        describe(module, {
          name,
          type: member.typeAnnotation?.typeAnnotation,
          initial: undefined,
          optional: member.optional,
          rest: false,
          comment: memberComment(module, member, [...members.values()]),
          doc: docs.get(name),
        }),
      );
    }
  }
  // With a default for the whole object, a property that it lacks is undefined.
  return { style: 'object', parameters, rest };
}

function memberComment(
  module: SourceModule,
  member: ESTree.TSPropertySignature,
  members: readonly ESTree.TSPropertySignature[],
): string | undefined {
  const index = members.indexOf(member);
  const previous =
    members[index - 1]?.end ?? Math.max(0, module.text.lastIndexOf('{', member.start));
  const next = members[index + 1]?.start ?? module.text.indexOf('}', member.end);
  return commentBeside(module, member, previous, next < 0 ? module.text.length : next);
}

/** The `(`; the start of the parameter itself if it has none, as in `x => …`. */
function startOfParameters(module: SourceModule, node: NonNullable<KnownFunction['node']>): number {
  const first = node.params[0];
  const paren = first === undefined ? -1 : module.text.lastIndexOf('(', first.start);
  return paren < node.start ? (first?.start ?? node.start) : paren;
}
