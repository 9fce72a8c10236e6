/**
 * What a piece of code can reach: the statements of the project's modules that a bundle needs, and no other.
 *
 * 1. A declaration is taken when something taken refers to it; its initialiser, whatever it calls, counts as part of it.
 * 2. The other statements of a module run when it is loaded, so they are taken with any module that a taken one imports.
 * 3. Steps do not contain components, nor the logic their functions: what only those refer to is not taken.
 *
 * @module
 */
import type { Range } from './ast.ts';
import type { Bindings } from './bindings.ts';
import type { Declaration, Declarations } from './declarations.ts';
import {
  BuiltinInLogicError,
  MissingExportError,
  type Place,
  RelativeAssetError,
  TopLevelAwaitError,
  UnresolvedImportError,
  UnresolvedPackageError,
  UnsupportedImportError,
} from './errors.ts';
import type { LaunchFinder } from './launches.ts';
import type { Project } from './project.ts';
import { serializerProperties } from './serializers.ts';
import {
  type ExportBinding,
  type ImportStatement,
  isSource,
  type SourceModule,
  type Unit,
} from './source-module.ts';

export type Flavour = 'logic' | 'step';

/** What of a module is needed. */
export interface Chosen {
  readonly units: Set<Unit>;
  /** The modules that it loads, in this order; TypeScript drops imports of which only types are used. */
  readonly loads: ReadonlySet<ImportStatement>;
  /** Local names of imports. */
  readonly imports: Set<string>;
  /** By exported name. */
  readonly exports: Map<string, ExportBinding>;
  /** `export * from` packages or files that cannot be looked into. */
  readonly stars: Set<ImportStatement>;
}

/** What all selections of a project share. */
export interface Analysis {
  readonly project: Project;
  readonly bindings: Bindings;
  readonly declarations: Declarations;
  readonly launches: LaunchFinder;
}

export interface SelectionOptions {
  readonly flavour: Flavour;
  /** For messages: `component "load"`. */
  readonly bundle: string;
  readonly pipeline: string;
  /** Builtins that the logic may use. */
  readonly builtins: ReadonlyMap<string, string>;
  /** Pipelines whose deserializer cannot run in the logic. */
  readonly withoutDeserializer: ReadonlyMap<Declaration, string>;
}

export class Selection {
  readonly modules = new Map<SourceModule, Chosen>();
  /** The packages that taken code imports, by specifier, and where it does. */
  readonly packages = new Map<string, Map<SourceModule, number>>();
  /** Those of them that are imported for their effects alone. */
  readonly effects = new Set<string>();
  readonly #analysis: Analysis;
  readonly #options: SelectionOptions;

  constructor(analysis: Analysis, options: SelectionOptions) {
    this.#analysis = analysis;
    this.#options = options;
  }

  /** Takes a module: its effects, and those of the modules that it imports (2). */
  visit(module: SourceModule): Chosen {
    const known = this.modules.get(module);
    if (known !== undefined) return known;
    const elided = elidedImports(module);
    const loads = new Set(module.importStatements.filter((statement) => !elided.has(statement)));
    const chosen: Chosen = {
      units: new Set(),
      loads,
      imports: new Set(),
      exports: new Map(),
      stars: new Set(),
    };
    this.modules.set(module, chosen);
    if (module.opaque) return chosen;
    for (const statement of loads) {
      const target = statement.bare
        ? this.#leadsTo(module, statement)
        : this.#project.target(module, statement.specifier);
      if (target !== undefined) this.visit(target);
    }
    const { stripped } = this.#analysis.launches.of(module);
    for (const unit of module.units) {
      if (
        unit.kind === 'effect' &&
        unit.attachedTo === undefined &&
        !stripped.has(unit) &&
        !this.#isForTheLogic(module, unit)
      )
        this.#take(module, unit);
    }
    return chosen;
  }

  /** Takes what a part of a unit refers to, without the unit. */
  takeRange(module: SourceModule, unit: Unit, range: Range): void {
    this.visit(module);
    this.#analysis.declarations.check(module, unit);
    this.#follow(module, unit, (position) => position >= range.start && position < range.end);
  }

  takeLocal(module: SourceModule, name: string): boolean {
    this.visit(module);
    return this.#takeName(module, name, undefined);
  }

  /** Whether loading the module does anything by itself. */
  hasEffects(module: SourceModule, seen = new Set<SourceModule>()): boolean {
    if (seen.has(module)) return false;
    seen.add(module);
    if (module.opaque) return true;
    const chosen = this.modules.get(module);
    if (chosen === undefined) return false;
    for (const unit of chosen.units)
      if (unit.kind === 'effect' && unit.attachedTo === undefined) return true;
    return [...chosen.loads].some((statement) => {
      const resolution = this.#project.resolve(module, statement.specifier);
      if (statement.bare && resolution.kind === 'package') return true;
      const target = this.#project.target(module, statement.specifier);
      return target !== undefined && this.modules.has(target) && this.hasEffects(target, seen);
    });
  }

  get #project(): Project {
    return this.#analysis.project;
  }

  #take(module: SourceModule, unit: Unit): void {
    const { units } = this.visit(module);
    if (units.has(unit)) return;
    units.add(unit);
    const { launches, declarations } = this.#analysis;
    if (!launches.of(module).blanked.has(unit)) {
      declarations.check(module, unit);
      const holes = declarations.of(module).flatMap((each) => holesOf(each, this.#options));
      this.#follow(
        module,
        unit,
        (position) => !holes.some((hole) => position >= hole.start && position < hole.end),
      );
    }
    const { stripped } = launches.of(module);
    for (const each of module.units) {
      if (
        each.attachedTo !== undefined &&
        unit.declares.includes(each.attachedTo) &&
        !stripped.has(each)
      )
        this.#take(module, each);
    }
  }

  #follow(module: SourceModule, unit: Unit, counts: (position: number) => boolean): void {
    const { references } = unit;
    const awaited = references.awaits.find(counts);
    if (awaited !== undefined)
      throw new TopLevelAwaitError(module.place(awaited), this.#options.bundle);
    const meta = references.metas.find(
      (each) => counts(each.at) && each.property !== 'main' && each.property !== 'env',
    );
    if (meta !== undefined)
      throw new RelativeAssetError(module.place(meta.at), this.#options.bundle);
    for (const { name, property, at } of references.names)
      if (counts(at)) this.#takeName(module, name, property);
    for (const { specifier, literal } of references.imports) {
      if (!counts(literal.start)) continue;
      const target = this.#leadsTo(module, { specifier, at: literal.start, bare: false });
      if (target !== undefined) this.#takeAll(target);
    }
  }

  /** False if the name is a type's. */
  #takeName(module: SourceModule, name: string, property: string | undefined): boolean {
    const unit = module.declarations.get(name);
    if (unit !== undefined) {
      this.#take(module, unit);
      return true;
    }
    const binding = module.imports.get(name);
    if (binding === undefined) return false;
    const { imports } = this.visit(module);
    const { declaration, imported } = binding;
    const target = this.#leadsTo(module, declaration);
    const isValue =
      target === undefined ||
      this.#takeImported(target, imported, property, module.place(declaration.at));
    if (isValue) imports.add(name);
    return isValue;
  }

  #takeImported(
    target: SourceModule,
    imported: string,
    property: string | undefined,
    place: Place,
  ): boolean {
    if (imported !== '*') return this.#takeExport(target, imported, place);
    // A property that the module lacks is `undefined` when the code runs: that is no reason to refuse it.
    if (property !== undefined) return this.#takeExport(target, property, undefined) || true;
    this.#takeAll(target);
    return true;
  }

  #takeExport(module: SourceModule, name: string, place: Place | undefined): boolean {
    const chosen = this.visit(module);
    if (module.opaque || chosen.exports.has(name)) return true;
    const binding = module.exports.get(name) ?? this.#throughStar(module, name);
    if (binding === undefined) {
      const openStars = this.#openStars(module);
      for (const star of openStars) chosen.stars.add(star);
      if (openStars.length > 0 || place === undefined || module.types.has(name))
        return openStars.length > 0;
      throw new MissingExportError(name, module.id, place);
    }
    // Before it is followed: modules import each other in circles.
    chosen.exports.set(name, binding);
    const isValue =
      binding.kind === 'local'
        ? this.#takeName(module, binding.name, undefined)
        : this.#takeFrom(module, binding.statement, binding.imported);
    if (!isValue) chosen.exports.delete(name);
    return isValue;
  }

  #takeFrom(module: SourceModule, statement: ImportStatement, imported: string): boolean {
    const target = this.#leadsTo(module, statement);
    return (
      target === undefined ||
      this.#takeImported(target, imported, undefined, module.place(statement.at))
    );
  }

  #takeAll(module: SourceModule): void {
    const chosen = this.visit(module);
    for (const name of exportNames(this.#project, module))
      this.#takeExport(module, name, undefined);
    for (const star of this.#openStars(module)) chosen.stars.add(star);
  }

  #throughStar(module: SourceModule, name: string): ExportBinding | undefined {
    for (const statement of module.stars) {
      const target = this.#project.target(module, statement.specifier);
      if (target !== undefined && exportNames(this.#project, target).has(name))
        return { kind: 'from', statement, imported: name };
    }
    return undefined;
  }

  /** `export * from` what cannot be looked into. */
  #openStars(module: SourceModule): ImportStatement[] {
    return module.stars.filter((statement) => {
      const target = this.#project.target(module, statement.specifier);
      return target === undefined || target.opaque;
    });
  }

  /** The project's module behind an import that is needed; undefined if it is not the project's source. */
  #leadsTo(module: SourceModule, statement: ImportStatement): SourceModule | undefined {
    const { specifier } = statement;
    const resolution = this.#project.resolve(module, specifier);
    const place = module.place(statement.at);
    switch (resolution.kind) {
      case 'file':
        if (isSource(resolution.file)) return this.#project.module(resolution.file);
        if (!resolution.file.endsWith('.json')) throw new UnsupportedImportError(specifier, place);
        return undefined;
      case 'builtin':
        if (this.#options.flavour === 'logic' && !this.#options.builtins.has(resolution.name))
          throw new BuiltinInLogicError(specifier, place, this.#options.pipeline);
        return undefined;
      case 'missing':
        if (resolution.packageName === null) throw new UnresolvedImportError(specifier, place);
        throw new UnresolvedPackageError(resolution.packageName, specifier, place);
      case 'package': {
        const importers = this.packages.get(specifier) ?? new Map<SourceModule, number>();
        this.packages.set(specifier, importers.set(module, statement.at));
        if (statement.bare) this.effects.add(specifier);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #isForTheLogic(module: SourceModule, unit: Unit): boolean {
    return (
      this.#options.flavour === 'step' &&
      unit.references.calls.some(
        (site) =>
          !site.deferred &&
          this.#analysis.bindings.headraceFunction(module, site) === 'setDefaultExecutionQueue',
      )
    );
  }
}

/** The parts of a declaration that a flavour leaves out (3). */
function holesOf(declaration: Declaration, options: SelectionOptions): readonly Range[] {
  const { call, fn, kind } = declaration;
  if (options.flavour === 'step') return [call];
  if (kind === 'component') return [call.callee, fn];
  const serializers = serializerProperties(declaration).filter(
    ({ key }) => key === 'artifactSerializer' || options.withoutDeserializer.has(declaration),
  );
  return [call.callee, ...serializers.map(({ property }) => property)];
}

function exportNames(
  project: Project,
  module: SourceModule,
  seen = new Set<SourceModule>(),
): ReadonlySet<string> {
  const names = new Set(module.exports.keys());
  if (seen.has(module)) return names;
  seen.add(module);
  for (const statement of module.stars) {
    const target = project.target(module, statement.specifier);
    if (target === undefined) continue;
    for (const name of exportNames(project, target, seen)) if (name !== 'default') names.add(name);
  }
  return names;
}

/** TypeScript drops an import of which only types are used; the module behind it is not even loaded. */
function elidedImports(module: SourceModule): ReadonlySet<ImportStatement> {
  if (module.language !== 'ts' && module.language !== 'tsx') return new Set();
  const used = new Set(
    module.units.flatMap((unit) => unit.references.names.map((reference) => reference.name)),
  );
  for (const binding of module.exports.values())
    if (binding.kind === 'local') used.add(binding.name);
  const kept = new Set<ImportStatement>(module.stars);
  for (const binding of module.exports.values())
    if (binding.kind === 'from') kept.add(binding.statement);
  for (const [name, binding] of module.imports) if (used.has(name)) kept.add(binding.declaration);
  return new Set(
    module.importStatements.filter((statement) => !statement.bare && !kept.has(statement)),
  );
}
