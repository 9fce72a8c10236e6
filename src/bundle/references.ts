/**
 * Finds the references in a part of a module: names of the module's top level, calls of such names,
 * modules, and expressions that tie code to its file (`import.meta`, `__dirname`).
 *
 * 1. A name counts as a reference unless an inner scope certainly declares it. A needless reference
 *    costs bytes; a missing one would break the code.
 * 2. Types are not references, because they are erased before the code runs.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import {
  boundNames,
  type CallExpression,
  chainOf,
  children,
  isFunctionNode,
  type Node,
  propertyName,
  textOf,
} from './ast.ts';

export interface Reference {
  readonly name: string;
  /** The property that is read from the name, as in `helpers.clean`. */
  readonly property: string | undefined;
  readonly at: number;
  /** Inside a function: evaluated when the function is called, not when the module is loaded. */
  readonly deferred: boolean;
}

/** A call of a top-level name, or of one of its properties. */
export interface CallSite {
  readonly node: CallExpression;
  /** `['headrace', 'component']` for `headrace.component(…)`. */
  readonly chain: readonly [string, ...string[]];
  /** From the statement down to the call, without the call. */
  readonly ancestors: readonly Node[];
  readonly deferred: boolean;
}

export interface References {
  readonly names: readonly Reference[];
  readonly calls: readonly CallSite[];
  /** `import('…')` with a literal, and `require('…')`. */
  readonly imports: readonly { readonly specifier: string; readonly literal: Node }[];
  /** `import.meta`, and the property read from it; `__dirname` and `__filename` too. */
  readonly metas: readonly {
    readonly property: string | undefined;
    readonly node: Node;
    readonly at: number;
  }[];
  /** Positions of `await` outside every function. */
  readonly awaits: readonly number[];
  /** Uses of the global `process`. */
  readonly processes: readonly ProcessReference[];
}

export interface ProcessReference {
  /** `process`, or all of `process.env.NAME`. */
  readonly node: Node;
  /** `NAME`, if it is read; undefined for any other use. */
  readonly variable: string | undefined;
  readonly deferred: boolean;
}

const GLOBAL_OBJECTS = new Set(['globalThis', 'global']);
const PATH_GLOBALS = new Set(['__dirname', '__filename']);

/**
 * The functions that compiled JSX may call. The tsconfig or a pragma chooses one of a few usual
 * names.
 */
const JSX_FACTORIES = ['React', 'h', 'jsx', 'createElement', 'Fragment'];

/** @param topLevel the names that the module declares or imports at its top level. */
export function referencesOf(node: Node, topLevel: ReadonlySet<string>): References {
  const walk = new ReferenceWalk(topLevel);
  walk.visit(node);
  return walk;
}

class ReferenceWalk implements References {
  readonly names: Reference[] = [];
  readonly calls: CallSite[] = [];
  readonly imports: { specifier: string; literal: Node }[] = [];
  readonly metas: { property: string | undefined; node: Node; at: number }[] = [];
  readonly awaits: number[] = [];
  readonly processes: ProcessReference[] = [];
  readonly #scopes: ReadonlySet<string>[] = [];
  readonly #ancestors: Node[] = [];
  readonly #topLevel: ReadonlySet<string>;
  #functionDepth = 0;

  constructor(topLevel: ReadonlySet<string>) {
    this.#topLevel = topLevel;
  }

  visit(node: Node): void {
    const scope = scopeOf(node);
    const inFunction =
      isFunctionNode(node) || node.type === 'StaticBlock' || node.type === 'PropertyDefinition';
    if (scope !== undefined) this.#scopes.push(scope);
    if (inFunction) this.#functionDepth += 1;
    this.#record(node);
    this.#ancestors.push(node);
    for (const child of this.#relevant(node)) this.visit(child);
    this.#ancestors.pop();
    if (inFunction) this.#functionDepth -= 1;
    if (scope !== undefined) this.#scopes.pop();
  }

  /** The children that can hold references: without names that are labels, keys or types. */
  #relevant(node: Node): Iterable<Node> {
    switch (node.type) {
      case 'MemberExpression':
        if (node.object.type === 'MetaProperty') return [];
        if (node.object.type === 'Identifier' && propertyName(node) !== undefined) return [];
        return node.computed ? [node.object, node.property] : [node.object];
      case 'Property':
      case 'MethodDefinition':
      case 'PropertyDefinition':
      case 'AccessorProperty':
        return node.computed
          ? children(node)
          : [...children(node)].filter((child) => child !== node.key);
      case 'LabeledStatement':
        return [node.body];
      case 'BreakStatement':
      case 'ContinueStatement':
      case 'TSTypeAliasDeclaration':
      case 'TSInterfaceDeclaration':
      case 'TSDeclareFunction':
        return [];
      case 'JSXAttribute':
        return node.value === null ? [] : [node.value];
      case 'JSXMemberExpression':
        return [node.object];
      case 'TSQualifiedName':
        return [node.left];
      default:
        return children(node);
    }
  }

  #record(node: Node): void {
    switch (node.type) {
      case 'Identifier':
        if (node.name === 'process') this.#recordProcess(node, undefined);
        if (PATH_GLOBALS.has(node.name) && this.#isFree(node.name))
          this.metas.push({ property: node.name, node, at: node.start });
        this.#recordReference(node.name, undefined, node.start);
        break;
      case 'JSXIdentifier':
        this.#recordReference(node.name, undefined, node.start);
        break;
      case 'MemberExpression':
        this.#recordVariable(node);
        if (node.object.type === 'Identifier') {
          if (node.object.name === 'process' && propertyName(node) !== undefined)
            this.#recordProcess(node.object, undefined);
          const property = propertyName(node);
          if (property !== undefined)
            this.#recordReference(node.object.name, property, node.object.start);
        } else if (node.object.type === 'MetaProperty') {
          this.metas.push({ property: propertyName(node), node, at: node.start });
        }
        break;
      case 'JSXElement':
      case 'JSXFragment':
        for (const factory of JSX_FACTORIES) this.#recordReference(factory, undefined, node.start);
        break;
      case 'MetaProperty':
        if (node.meta.name === 'import')
          this.metas.push({ property: undefined, node, at: node.start });
        break;
      case 'AwaitExpression':
        this.#recordAwait(node.start);
        break;
      case 'ForOfStatement':
        if (node.await) this.#recordAwait(node.start);
        break;
      case 'VariableDeclaration':
        if (node.kind === 'await using') this.#recordAwait(node.start);
        break;
      case 'ImportExpression': {
        const specifier = textOf(node.source);
        if (specifier !== undefined) this.imports.push({ specifier, literal: node.source });
        break;
      }
      case 'CallExpression': {
        const [argument] = node.arguments;
        const required =
          node.callee.type === 'Identifier' &&
          node.callee.name === 'require' &&
          this.#isFree('require') &&
          argument !== undefined
            ? textOf(argument)
            : undefined;
        if (required !== undefined && argument !== undefined)
          this.imports.push({ specifier: required, literal: argument });
        const chain = chainOf(node.callee);
        if (chain !== undefined && this.#isTopLevel(chain[0]))
          this.calls.push({
            node,
            chain,
            ancestors: [...this.#ancestors],
            deferred: this.#functionDepth > 0,
          });
        break;
      }
    }
  }

  /** `process.env.NAME`, unless it is assigned or deleted. */
  #recordVariable(node: Node): void {
    const chain = chainOf(node);
    if (chain === undefined || chain.at(-3) !== 'process' || chain.at(-2) !== 'env') return;
    if (chain.length !== (GLOBAL_OBJECTS.has(chain[0]) ? 4 : 3) || !this.#isFree(chain[0])) return;
    const parent = this.#ancestors.at(-1);
    const isTarget =
      (parent?.type === 'AssignmentExpression' && parent.left.start === node.start) ||
      parent?.type === 'UpdateExpression' ||
      (parent?.type === 'UnaryExpression' && parent.operator === 'delete');
    if (!isTarget) this.#recordProcess(node, chain.at(-1));
  }

  #recordProcess(node: Node, variable: string | undefined): void {
    const parent = this.#ancestors.at(-1);
    const isShorthand = parent?.type === 'Property' && parent.shorthand;
    if (this.#isFree('process') && !isShorthand)
      this.processes.push({ node, variable, deferred: this.#functionDepth > 0 });
  }

  #recordAwait(position: number): void {
    if (this.#functionDepth === 0) this.awaits.push(position);
  }

  #recordReference(name: string, property: string | undefined, position: number): void {
    if (this.#isTopLevel(name))
      this.names.push({ name, property, at: position, deferred: this.#functionDepth > 0 });
  }

  #isTopLevel(name: string): boolean {
    return this.#topLevel.has(name) && !this.#isLocal(name);
  }

  /** Neither the module nor anything in it declares the name. */
  #isFree(name: string): boolean {
    return !this.#topLevel.has(name) && !this.#isLocal(name);
  }

  #isLocal(name: string): boolean {
    return this.#scopes.some((scope) => scope.has(name));
  }
}

/** The names that a node declares for the nodes inside it. */
function scopeOf(node: Node): ReadonlySet<string> | undefined {
  switch (node.type) {
    case 'FunctionExpression':
    case 'FunctionDeclaration':
    case 'ArrowFunctionExpression': {
      const names = node.params.flatMap(boundNames);
      if (node.type === 'FunctionExpression' && node.id !== null) names.push(node.id.name);
      if (node.body !== null) collectVars(node.body, names);
      return new Set(names);
    }
    case 'ClassExpression':
      return node.id === null ? undefined : new Set([node.id.name]);
    case 'BlockStatement':
    case 'StaticBlock':
    case 'TSModuleBlock':
      return new Set(node.body.flatMap(lexicalNames));
    case 'SwitchStatement':
      return new Set(node.cases.flatMap((each) => each.consequent.flatMap(lexicalNames)));
    case 'ForStatement':
      return node.init?.type === 'VariableDeclaration' && node.init.kind !== 'var'
        ? new Set(lexicalNames(node.init))
        : undefined;
    case 'ForInStatement':
    case 'ForOfStatement':
      return node.left.type === 'VariableDeclaration' && node.left.kind !== 'var'
        ? new Set(lexicalNames(node.left))
        : undefined;
    case 'CatchClause':
      return node.param === null ? undefined : new Set(boundNames(node.param));
    default:
      return undefined;
  }
}

/** The names that a statement declares in its block. */
function lexicalNames(statement: Node): string[] {
  switch (statement.type) {
    case 'VariableDeclaration':
      return statement.kind === 'var' ? [] : declaredNames(statement);
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
    case 'TSEnumDeclaration':
      return declaredNames(statement);
    case 'ExportNamedDeclaration':
      return statement.declaration === null ? [] : lexicalNames(statement.declaration);
    default:
      return [];
  }
}

/** The names that a declaration binds. */
export function declaredNames(declaration: Node): string[] {
  switch (declaration.type) {
    case 'VariableDeclaration':
      return declaration.declarations.flatMap((each: ESTree.VariableDeclarator) =>
        boundNames(each.id),
      );
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return declaration.id === null ? [] : [declaration.id.name];
    case 'TSEnumDeclaration':
    case 'TSImportEqualsDeclaration':
      return [declaration.id.name];
    case 'TSModuleDeclaration':
      return declaration.id.type === 'Identifier' ? [declaration.id.name] : [];
    default:
      return [];
  }
}

/** `var` is scoped to the function, at any depth of blocks. */
export function collectVars(node: Node, names: string[]): void {
  if (node.type === 'VariableDeclaration' && node.kind === 'var')
    names.push(...declaredNames(node));
  for (const child of children(node))
    if (!isFunctionNode(child) && child.type !== 'ClassBody') collectVars(child, names);
}
