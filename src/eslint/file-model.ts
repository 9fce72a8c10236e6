/**
 * What the text of one file shows of its components and pipelines: which calls make a step, and
 * which functions are logic or steps.
 *
 * Imports from other files of the project are not followed: there the types decide (`types.ts`).
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import {
  chainOf,
  type FunctionNode,
  keyName,
  type Node,
  propertyName,
  unwrapExpression,
} from '../bundle/ast.ts';
import {
  asNode,
  callWithArgument,
  enclosingFunction,
  type NamedNode,
  parentOf,
  wrapperOf,
} from './ast.ts';
import type { Reference, SourceCode, Variable } from './plugin-types.ts';

/** Where the code of a function runs. Both, for a function that logic and steps call. */
export interface Roles {
  readonly logic: boolean;
  readonly step: boolean;
}

const NO_ROLE: Roles = { logic: false, step: false };

/** Constants that refer to each other in a circle end here. */
const MAX_RESOLVE_DEPTH = 50;

/** Options of a pipeline whose functions run with the steps. */
const STEP_OPTIONS: ReadonlySet<string> = new Set(['artifactSerializer', 'artifactDeserializer']);

const models = new WeakMap<object, FileModel>();

/** The model of the file. All rules share it. */
export function modelOf(sourceCode: SourceCode): FileModel {
  const known = models.get(sourceCode.ast);
  if (known !== undefined) return known;
  const model = new FileModel(sourceCode);
  models.set(sourceCode.ast, model);
  return model;
}

export class FileModel {
  readonly #sourceCode: SourceCode;
  readonly #roles = new Map<FunctionNode, Roles>();

  constructor(sourceCode: SourceCode) {
    this.#sourceCode = sourceCode;
  }

  /** The variable that an identifier names; undefined for a global. */
  variableOf(identifier: NamedNode): Variable | undefined {
    for (
      let scope: ReturnType<SourceCode['getScope']> | null = this.#sourceCode.getScope(identifier);
      scope !== null;
      scope = scope.upper
    ) {
      const variable = scope.set.get(identifier.name);
      if (variable !== undefined) return variable.defs.length === 0 ? undefined : variable;
    }
    return undefined;
  }

  /** The function of `headrace` that a call calls, as in `component` or `sleep`. */
  headraceFunction(callee: Node): string | undefined {
    const chain = chainOf(callee);
    const root = chain === undefined ? undefined : rootOf(callee);
    const variable = root === undefined ? undefined : this.variableOf(root);
    const imported = variable === undefined ? undefined : importOf(variable);
    if (chain === undefined || imported?.source !== 'headrace') return undefined;
    const path =
      imported.name === '*'
        ? chain.slice(1)
        : imported.name === 'default'
          ? []
          : [imported.name, ...chain.slice(1)];
    const [first, second] = path;
    if (path.length === 1) return first;
    return first === 'PipelineDecorator' && path.length === 2 ? second : undefined;
  }

  /** `component(…)` behind a constant, a property of a constant object, or the call itself. */
  declarationOf(expression: Node): ESTree.CallExpression | undefined {
    const value = this.resolve(expression);
    return value.type === 'CallExpression' && this.headraceFunction(value.callee) === 'component'
      ? value
      : undefined;
  }

  /** Whether the call makes a step, as far as the text shows it. */
  isStepCall(call: ESTree.CallExpression): boolean {
    return (
      this.declarationOf(call.callee) !== undefined ||
      this.headraceFunction(call.callee) === 'inputFile'
    );
  }

  /**
   * How many values a call of the component returns; undefined if the text does not show it.
   */
  returnValueCount(call: ESTree.CallExpression): number | undefined {
    const declaration = this.declarationOf(call.callee);
    if (declaration === undefined) return 1;
    const [options] = declaration.arguments;
    const literal = options === undefined ? undefined : this.resolve(options);
    if (literal?.type !== 'ObjectExpression') return undefined;
    for (const property of literal.properties) {
      if (property.type !== 'Property') return undefined;
      if (keyName(property) !== 'returnValues') continue;
      const names = this.resolve(property.value);
      return names.type === 'ArrayExpression' ? names.elements.length : undefined;
    }
    return 1;
  }

  /** Follows constants and properties of constant objects to the expression that they hold. */
  resolve(expression: Node, depth = 0): Node {
    const plain = unwrapExpression(expression);
    if (depth > MAX_RESOLVE_DEPTH) return plain;
    if (plain.type === 'Identifier') {
      const value = this.#initialValue(plain);
      return value === undefined ? plain : this.resolve(value, depth + 1);
    }
    if (plain.type === 'MemberExpression') {
      const name = propertyName(plain);
      const object = this.resolve(plain.object, depth + 1);
      if (name === undefined || object.type !== 'ObjectExpression') return plain;
      const property = object.properties.find(
        (each) => each.type === 'Property' && keyName(each) === name,
      );
      return property?.type === 'Property' ? this.resolve(property.value, depth + 1) : plain;
    }
    return plain;
  }

  /** Where the code of the node runs. */
  rolesAt(node: Node): Roles {
    const fn = enclosingFunction(node);
    return fn === undefined ? NO_ROLE : this.#rolesOf(fn);
  }

  #rolesOf(fn: FunctionNode): Roles {
    const known = this.#roles.get(fn);
    if (known !== undefined) return known;
    // A function that calls itself gets its role from its other callers.
    this.#roles.set(fn, NO_ROLE);
    const roles = this.#findRoles(fn);
    this.#roles.set(fn, roles);
    return roles;
  }

  #findRoles(fn: FunctionNode): Roles {
    const direct = this.#roleOfUse(fn);
    if (direct !== undefined) return direct;
    const variable = this.#variableOfFunction(fn);
    // A function without a name runs where it is written.
    if (variable === undefined) return this.rolesAt(fn);
    return variable.references
      .filter((reference) => isRead(reference))
      .map(({ identifier }) => {
        const use = asNode(identifier);
        return this.#roleOfUse(use) ?? this.rolesAt(use);
      })
      .reduce(union, NO_ROLE);
  }

  /** The role of a function that is an argument or an option of `component` or `pipeline`. */
  #roleOfUse(expression: Node): Roles | undefined {
    const argument = callWithArgument(expression);
    if (argument?.index === 1) {
      const kind = this.headraceFunction(argument.call.callee);
      if (kind === 'component') return { logic: false, step: true };
      if (kind === 'pipeline') return { logic: true, step: false };
    }
    const property = parentOf(wrapperOf(expression));
    if (property?.type !== 'Property') return undefined;
    const options = parentOf(property);
    const declaration = options === undefined ? undefined : callWithArgument(options);
    const kind =
      declaration?.index === 0 ? this.headraceFunction(declaration.call.callee) : undefined;
    if (kind !== 'component' && kind !== 'pipeline') return undefined;
    return STEP_OPTIONS.has(keyName(property) ?? '') ? NO_ROLE : { logic: true, step: false };
  }

  /** The variable that holds the function: its declaration, or a constant. */
  #variableOfFunction(fn: FunctionNode): Variable | undefined {
    if (fn.type === 'FunctionDeclaration')
      return fn.id === null ? undefined : this.variableOf(fn.id);
    const declarator = parentOf(wrapperOf(fn));
    return declarator?.type === 'VariableDeclarator' && declarator.id.type === 'Identifier'
      ? this.variableOf(declarator.id)
      : undefined;
  }

  /** The expression that a variable holds, if it is assigned once. */
  #initialValue(identifier: NamedNode): Node | undefined {
    const declarator = this.declaratorOf(identifier);
    return declarator?.id.type === 'Identifier' ? (declarator.init ?? undefined) : undefined;
  }

  /** The declaration of a variable that is assigned once. */
  declaratorOf(identifier: NamedNode): ESTree.VariableDeclarator | undefined {
    const variable = this.variableOf(identifier);
    const [definition, ...others] = variable?.defs ?? [];
    if (definition?.type !== 'Variable' || others.length > 0) return undefined;
    if ((variable?.references.filter((each) => each.isWrite()).length ?? 0) > 1) return undefined;
    const declarator = asNode(definition.node);
    return declarator.type === 'VariableDeclarator' ? declarator : undefined;
  }
}

const union = (a: Roles, b: Roles): Roles => ({
  logic: a.logic || b.logic,
  step: a.step || b.step,
});

const isRead = (reference: Reference): boolean =>
  !reference.isWrite() && reference.isValueReference !== false;

/** `a` of `a.b.c`. */
function rootOf(node: Node): NamedNode | undefined {
  const plain = unwrapExpression(node);
  if (plain.type === 'Identifier') return plain;
  if (plain.type === 'MemberExpression') return rootOf(plain.object);
  const last = plain.type === 'SequenceExpression' ? plain.expressions.at(-1) : undefined;
  return last === undefined ? undefined : rootOf(last);
}

/** The module and the name of an import; the name is `*` for a namespace. */
export function importOf(
  variable: Variable,
): { readonly source: string; readonly name: string; readonly isType: boolean } | undefined {
  const definition = variable.defs.find(({ type }) => type === 'ImportBinding');
  const declaration = definition?.parent == null ? undefined : asNode(definition.parent);
  const specifier = definition === undefined ? undefined : asNode(definition.node);
  if (declaration?.type !== 'ImportDeclaration') return undefined;
  const source = declaration.source.value;
  const isType = declaration.importKind === 'type';
  switch (specifier?.type) {
    case 'ImportNamespaceSpecifier':
      return { source, name: '*', isType };
    case 'ImportDefaultSpecifier':
      return { source, name: 'default', isType };
    case 'ImportSpecifier': {
      const { imported } = specifier;
      return {
        source,
        name: imported.type === 'Identifier' ? imported.name : imported.value,
        isType: isType || specifier.importKind === 'type',
      };
    }
    default:
      return undefined;
  }
}
