/**
 * The components and pipelines that a module declares, as far as the text shows them.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import {
  type CallExpression,
  isFunctionNode,
  keyName,
  type Node,
  textOf,
  unwrapExpression,
} from './ast.ts';
import type { Bindings } from './bindings.ts';
import { assignedExport } from './commonjs.ts';
import { type KnownFunction, resolveFunction, resolveObjectLiteral } from './definitions.ts';
import {
  GeneratorDeclarationError,
  NestedComponentDeclarationError,
  NestedPipelineDeclarationError,
  type SourceLocation,
  UnnamedDeclarationError,
  UnreadableDeclarationError,
} from './errors.ts';
import type { Project } from './project.ts';
import type { CallSite } from './references.ts';
import { DEFAULT_EXPORT_NAME, type SourceModule, type Unit } from './source-module.ts';

export interface Declaration {
  readonly kind: 'component' | 'pipeline';
  readonly module: SourceModule;
  readonly unit: Unit;
  readonly call: CallExpression;
  readonly options: Node;
  /** The options as a literal, in place or in a constant of the module. */
  readonly optionsLiteral: ESTree.ObjectExpression | undefined;
  readonly fn: Node;
  /** `src/steps.ts#stepOne`, `src/steps.ts#steps.load`. */
  readonly id: string;
  readonly name: string;
  /** False if the options may hold a `name` that the text does not show. */
  readonly nameIsCertain: boolean;
  /** The local name and the properties that lead to the value; undefined if there is none. */
  readonly accessPath: readonly [string, ...string[]] | undefined;
  readonly location: SourceLocation;
}

export class Declarations {
  readonly #project: Project;
  readonly #bindings: Bindings;
  readonly #known = new Map<SourceModule, readonly Declaration[]>();

  constructor(project: Project, bindings: Bindings) {
    this.#project = project;
    this.#bindings = bindings;
  }

  /** In source order. Those inside functions are left out here; see `check`. */
  of(module: SourceModule): readonly Declaration[] {
    const known = this.#known.get(module);
    if (known !== undefined) return known;
    const declarations: Declaration[] = [];
    const ids = new Map<string, number>();
    for (const unit of module.units) {
      for (const site of unit.references.calls) {
        const kind = this.#kind(module, site);
        if (kind === undefined || enclosingScope(site) !== undefined) continue;
        declarations.push(this.#declaration(kind, module, unit, site, ids));
      }
    }
    this.#known.set(module, declarations);
    return declarations;
  }

  /**
   * @throws NestedComponentDeclarationError, NestedPipelineDeclarationError if the unit declares
   *   something inside a function, block or class.
   */
  rejectNested(module: SourceModule, unit: Unit): void {
    for (const site of unit.references.calls) {
      const kind = this.#kind(module, site);
      const enclosing = kind === undefined ? undefined : enclosingScope(site);
      if (kind === undefined || enclosing === undefined) continue;
      const location = module.locationAt(site.node.start);
      throw kind === 'component'
        ? new NestedComponentDeclarationError(kind, location, enclosing)
        : new NestedPipelineDeclarationError(kind, location, enclosing);
    }
  }

  /** The function that a declaration runs, if the text shows it. */
  functionOf(declaration: Declaration): KnownFunction | undefined {
    return resolveFunction(this.#project, this.#bindings, declaration.module, declaration.fn);
  }

  /** The options' literal, if the text shows it. */
  optionsOf(declaration: Declaration): ESTree.ObjectExpression | undefined {
    return resolveObjectLiteral(this.#bindings, declaration.module, declaration.options)?.object;
  }

  #kind(module: SourceModule, site: CallSite): 'component' | 'pipeline' | undefined {
    const name = this.#bindings.headraceFunction(module, site);
    return name === 'component' || name === 'pipeline' ? name : undefined;
  }

  #declaration(
    kind: Declaration['kind'],
    module: SourceModule,
    unit: Unit,
    site: CallSite,
    ids: Map<string, number>,
  ): Declaration {
    const location = module.locationAt(site.node.start);
    const [options, fn, ...more] = site.node.arguments;
    if (
      options === undefined ||
      fn === undefined ||
      more.length > 0 ||
      options.type === 'SpreadElement' ||
      fn.type === 'SpreadElement'
    )
      throw new UnreadableDeclarationError(kind, location);
    const accessPath = accessPathOf(site, unit);
    const known = resolveFunction(this.#project, this.#bindings, module, fn);
    const optionsSource = resolveObjectLiteral(this.#bindings, module, options);
    const option = optionsSource === undefined ? undefined : nameOption(optionsSource.object);
    const constant =
      accessPath?.at(-1) === DEFAULT_EXPORT_NAME
        ? undefined
        : (accessPath?.at(-1) ?? assignedExport(unit.node));
    const name =
      option?.name ??
      known?.name ??
      (constant !== undefined && !/^\d+$/.test(constant) ? constant : undefined) ??
      known?.fallbackName;
    const nameIsCertain = option?.certain ?? false;
    if (name === undefined && nameIsCertain) throw new UnnamedDeclarationError(kind, location);
    if (known?.node !== undefined && 'generator' in known.node && known.node.generator)
      throw new GeneratorDeclarationError(kind, name ?? kind, location);
    const path = (accessPath ?? [name ?? kind])
      .map((part) => (part === DEFAULT_EXPORT_NAME ? 'default' : part))
      .join('.');
    const count = (ids.get(path) ?? 0) + 1;
    ids.set(path, count);
    return {
      kind,
      module,
      unit,
      call: site.node,
      options,
      optionsLiteral: optionsSource?.module === module ? optionsSource.object : undefined,
      fn,
      id: `${module.id}#${path}${count === 1 ? '' : `~${count}`}`,
      name: name ?? 'default',
      nameIsCertain,
      accessPath,
      location,
    };
  }
}

function nameOption(object: ESTree.ObjectExpression): {
  readonly name: string | undefined;
  readonly certain: boolean;
} {
  let name: string | undefined;
  let certain = true;
  for (const property of object.properties) {
    const key = property.type === 'Property' ? keyName(property) : undefined;
    if (property.type === 'Property' && key === 'name') {
      name = textOf(property.value);
      certain = name !== undefined;
    } else if (key === undefined) certain = false;
  }
  return { name, certain };
}

/** The scope around a call that is not at the top level: `function load`, `a block`, `a class`. */
function enclosingScope(site: CallSite): string | undefined {
  const ancestors = [...site.ancestors].reverse();
  const fn = ancestors.find(isFunctionNode);
  if (fn !== undefined)
    return fn.type !== 'ArrowFunctionExpression' && fn.id !== null
      ? `function ${fn.id.name}`
      : 'a function';
  for (const node of ancestors) {
    if (node.type === 'ClassBody') return 'a class';
    if (/^(Block|For|ForIn|ForOf|While|DoWhile|If|Try|Switch|Labeled)Statement$/.test(node.type))
      return 'a block';
    if (node.type === 'TSModuleBlock') return 'a namespace';
  }
  return undefined;
}

/**
 * The property path from a top-level name to the value of a call: `['steps', 'load']` for
 * `const steps = { load: component(…) }`.
 */
function accessPathOf(site: CallSite, unit: Unit): readonly [string, ...string[]] | undefined {
  let accessPath: [string, ...string[]] | undefined =
    unit.declares[0] === DEFAULT_EXPORT_NAME ? [DEFAULT_EXPORT_NAME] : undefined;
  const path: Node[] = [...site.ancestors, site.node];
  for (const [index, node] of path.entries()) {
    const next = path[index + 1];
    if (next === undefined) break;
    if (node.type === 'VariableDeclaration') continue;
    if (node.type === 'VariableDeclarator') {
      if (node.id.type !== 'Identifier') return undefined;
      accessPath = [node.id.name];
    } else if (node.type === 'ExpressionStatement') return undefined;
    else if (accessPath === undefined) return undefined;
    else if (node.type === 'Property') {
      const key = keyName(node);
      if (key === undefined) return accessPath;
      accessPath.push(key);
    } else if (node.type === 'ArrayExpression')
      accessPath.push(
        String([...node.elements].findIndex((element) => element?.start === next.start)),
      );
    else if (node.type !== 'ObjectExpression' && unwrapExpression(node) === node) return accessPath;
  }
  return accessPath;
}
