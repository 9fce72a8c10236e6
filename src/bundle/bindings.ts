/**
 * Resolves the names of a module's top level through imports, re-exports and aliases.
 *
 * @module
 */
import { chainOf, keyName, type unwrapExpression } from './ast.ts';
import { requiredSpecifier } from './commonjs.ts';
import type { Project } from './project.ts';
import type { CallSite } from './references.ts';
import type { SourceModule, Unit } from './source-module.ts';

export type Binding =
  /**
   * An export of Headrace: `['component']`, `['PipelineDecorator', 'component']`; `[]` is the
   * namespace.
   */
  | { readonly kind: 'headrace'; readonly path: readonly string[] }
  /** A declaration of the project. */
  | {
      readonly kind: 'declared';
      readonly module: SourceModule;
      readonly unit: Unit;
      readonly name: string;
    }
  | { readonly kind: 'external' };

const EXTERNAL: Binding = { kind: 'external' };

export class Bindings {
  readonly #project: Project;
  readonly #known = new Map<SourceModule, Map<string, Binding>>();

  constructor(project: Project) {
    this.#project = project;
  }

  /** Resolves a local name of the module. */
  local(module: SourceModule, name: string): Binding {
    const names = this.#known.get(module) ?? new Map<string, Binding>();
    this.#known.set(module, names);
    const known = names.get(name);
    if (known !== undefined) return known;
    // An alias in a cycle refers to itself.
    names.set(name, EXTERNAL);
    const binding = this.#local(module, name);
    names.set(name, binding);
    return binding;
  }

  /** Resolves an exported name; undefined if the module does not export it. */
  exported(
    module: SourceModule,
    name: string,
    seen: ReadonlySet<SourceModule> = new Set(),
  ): Binding | undefined {
    if (seen.has(module)) return undefined;
    const visited = new Set(seen).add(module);
    const binding = module.exports.get(name);
    if (binding?.kind === 'local') return this.local(module, binding.name);
    if (binding?.kind === 'from')
      return this.#from(module, binding.statement.specifier, binding.imported, visited);
    if (name === 'default') return undefined;
    for (const star of module.stars) {
      const found = this.#from(module, star.specifier, name, visited);
      if (found !== undefined && found.kind !== 'external') return found;
    }
    return undefined;
  }

  /**
   * The name of Headrace's function that a call calls: `component`, `pipeline`, `runLocally` …;
   * undefined for any other call.
   */
  headraceFunction(module: SourceModule, site: CallSite): string | undefined {
    const [root, ...rest] = site.chain;
    const binding = this.local(module, root);
    if (binding.kind !== 'headrace') return undefined;
    const path = [...binding.path, ...rest].filter(
      (name) => name !== 'default' && name !== 'PipelineDecorator',
    );
    return path.length === 1 ? path[0] : undefined;
  }

  #local(module: SourceModule, name: string): Binding {
    const imported = module.imports.get(name);
    if (imported !== undefined)
      return (
        this.#from(module, imported.declaration.specifier, imported.imported, new Set()) ?? EXTERNAL
      );
    const unit = module.declarations.get(name);
    if (unit === undefined) return EXTERNAL;
    return this.#alias(module, unit, name) ?? { kind: 'declared', module, unit, name };
  }

  #from(
    module: SourceModule,
    specifier: string,
    imported: string,
    seen: ReadonlySet<SourceModule>,
  ): Binding | undefined {
    const resolution = this.#project.resolve(module, specifier);
    if (resolution.kind === 'headrace')
      return { kind: 'headrace', path: imported === '*' ? [] : [imported] };
    const target = this.#project.target(module, specifier);
    return target === undefined || imported === '*'
      ? EXTERNAL
      : this.exported(target, imported, seen);
  }

  /**
   * `const { component } = PipelineDecorator`, `const step = headrace.component`, `const h =
   * require('headrace')`.
   */
  #alias(module: SourceModule, unit: Unit, name: string): Binding | undefined {
    if (unit.node.type !== 'VariableDeclaration') return undefined;
    for (const { id, init } of unit.node.declarations) {
      const required = init === null ? undefined : requiredSpecifier(init);
      if (required !== undefined) {
        const path = pathTo(id, name);
        if (path !== undefined && this.#project.resolve(module, required).kind === 'headrace')
          return { kind: 'headrace', path };
        continue;
      }
      const chain = init === null ? undefined : chainOf(init);
      const path = chain === undefined ? undefined : pathTo(id, name);
      if (chain === undefined || path === undefined) continue;
      const [root, ...rest] = chain;
      const source = this.local(module, root);
      if (source.kind === 'headrace')
        return { kind: 'headrace', path: [...source.path, ...rest, ...path] };
      if (source.kind === 'declared' && rest.length === 0 && path.length === 0) return source;
    }
    return undefined;
  }
}

/** The property path from a pattern's value to the value that it binds to `name`. */
function pathTo(
  pattern: Parameters<typeof unwrapExpression>[0],
  name: string,
): readonly string[] | undefined {
  if (pattern.type === 'Identifier') return pattern.name === name ? [] : undefined;
  if (pattern.type !== 'ObjectPattern') return undefined;
  for (const property of pattern.properties) {
    if (property.type !== 'Property') continue;
    const key = keyName(property);
    const path = key === undefined ? undefined : pathTo(property.value, name);
    if (key !== undefined && path !== undefined) return [key, ...path];
  }
  return undefined;
}
