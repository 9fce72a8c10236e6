/**
 * The components and pipelines that a module declares, and what is known of them from the text.
 *
 * @module
 */
import type { ESTree } from 'rolldown/utils';
import { bare, type CallExpression, isFunction, keyName, type Node, textOf } from './ast.ts';
import type { Bindings } from './bindings.ts';
import { functionBehind, type KnownFunction, objectBehind } from './definitions.ts';
import {
  NestedComponentDeclarationError,
  NestedPipelineDeclarationError,
  type Place,
  UnnamedDeclarationError,
  UnreadableDeclarationError,
} from './errors.ts';
import type { Project } from './project.ts';
import type { CallSite } from './references.ts';
import { DEFAULT_NAME, type SourceModule, type Unit } from './source-module.ts';

export interface Declaration {
  readonly kind: 'component' | 'pipeline';
  readonly module: SourceModule;
  readonly unit: Unit;
  readonly call: CallExpression;
  readonly options: Node;
  /** The options as a literal, in place or in a constant of the module. */
  readonly literal: ESTree.ObjectExpression | undefined;
  readonly fn: Node;
  /** `src/steps.ts#stepOne`, `src/steps.ts#steps.load`. */
  readonly id: string;
  readonly name: string;
  /** False if the options may hold a `name` that the text does not show. */
  readonly nameIsCertain: boolean;
  /** The way to the value: the local name and properties below it; undefined if there is none. */
  readonly reach: readonly [string, ...string[]] | undefined;
  readonly place: Place;
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
        if (kind === undefined || enclosure(site) !== undefined) continue;
        declarations.push(this.#declaration(kind, module, unit, site, ids));
      }
    }
    this.#known.set(module, declarations);
    return declarations;
  }

  /** @throws NestedComponentDeclarationError, NestedPipelineDeclarationError if the unit declares something inside a function, block or class. */
  check(module: SourceModule, unit: Unit): void {
    for (const site of unit.references.calls) {
      const kind = this.#kind(module, site);
      const inside = kind === undefined ? undefined : enclosure(site);
      if (kind === undefined || inside === undefined) continue;
      const place = module.place(site.node.start);
      throw kind === 'component'
        ? new NestedComponentDeclarationError(kind, place, inside)
        : new NestedPipelineDeclarationError(kind, place, inside);
    }
  }

  /** The function that a declaration runs, if the text shows it. */
  functionOf(declaration: Declaration): KnownFunction | undefined {
    return functionBehind(this.#project, this.#bindings, declaration.module, declaration.fn);
  }

  /** The options' literal, if the text shows it. */
  optionsOf(declaration: Declaration): ESTree.ObjectExpression | undefined {
    return objectBehind(this.#bindings, declaration.module, declaration.options)?.object;
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
    const place = module.place(site.node.start);
    const [options, fn, ...more] = site.node.arguments;
    if (
      options === undefined ||
      fn === undefined ||
      more.length > 0 ||
      options.type === 'SpreadElement' ||
      fn.type === 'SpreadElement'
    )
      throw new UnreadableDeclarationError(kind, place);
    const reach = reachOf(site, unit);
    const known = functionBehind(this.#project, this.#bindings, module, fn);
    const behind = objectBehind(this.#bindings, module, options);
    const option = behind === undefined ? undefined : nameOption(behind.object);
    const constant = reach?.at(-1) === DEFAULT_NAME ? undefined : reach?.at(-1);
    const name =
      option?.name ??
      known?.name ??
      (constant !== undefined && !/^\d+$/.test(constant) ? constant : undefined) ??
      known?.guess;
    const nameIsCertain = option?.certain ?? false;
    if (name === undefined && nameIsCertain) throw new UnnamedDeclarationError(kind, place);
    const path = (reach ?? [name ?? kind])
      .map((part) => (part === DEFAULT_NAME ? 'default' : part))
      .join('.');
    const count = (ids.get(path) ?? 0) + 1;
    ids.set(path, count);
    return {
      kind,
      module,
      unit,
      call: site.node,
      options,
      literal: behind?.module === module ? behind.object : undefined,
      fn,
      id: `${module.id}#${path}${count === 1 ? '' : `~${count}`}`,
      name: name ?? 'default',
      nameIsCertain,
      reach,
      place,
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

/** What keeps a call from the top level: `function load`, `a block`, `a class`. */
function enclosure(site: CallSite): string | undefined {
  const around = [...site.ancestors].reverse();
  const fn = around.find(isFunction);
  if (fn !== undefined)
    return fn.type !== 'ArrowFunctionExpression' && fn.id !== null
      ? `function ${fn.id.name}`
      : 'a function';
  for (const node of around) {
    if (node.type === 'ClassBody') return 'a class';
    if (/^(Block|For|ForIn|ForOf|While|DoWhile|If|Try|Switch|Labeled)Statement$/.test(node.type))
      return 'a block';
    if (node.type === 'TSModuleBlock') return 'a namespace';
  }
  return undefined;
}

/** The way from a name of the top level to the value of a call: `['steps', 'load']` for `const steps = { load: component(…) }`. */
function reachOf(site: CallSite, unit: Unit): readonly [string, ...string[]] | undefined {
  let reach: [string, ...string[]] | undefined =
    unit.declares[0] === DEFAULT_NAME ? [DEFAULT_NAME] : undefined;
  const path: Node[] = [...site.ancestors, site.node];
  for (const [index, node] of path.entries()) {
    const next = path[index + 1];
    if (next === undefined) break;
    if (node.type === 'VariableDeclaration') continue;
    if (node.type === 'VariableDeclarator') {
      if (node.id.type !== 'Identifier') return undefined;
      reach = [node.id.name];
    } else if (node.type === 'ExpressionStatement') return undefined;
    else if (reach === undefined) return undefined;
    else if (node.type === 'Property') {
      const key = keyName(node);
      if (key === undefined) return reach;
      reach.push(key);
    } else if (node.type === 'ArrayExpression')
      reach.push(String([...node.elements].findIndex((element) => element?.start === next.start)));
    else if (node.type !== 'ObjectExpression' && bare(node) === node) return reach;
  }
  return reach;
}
