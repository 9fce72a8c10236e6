/**
 * Selects the statements of the project's modules that a bundle needs.
 *
 * 1. A declaration is selected when selected code refers to it. Its initialiser is part of it.
 * 2. The other statements of a module run when it is loaded. They are selected with every module
 *    that a selected module imports.
 * 3. Steps do not contain components, and the logic does not contain their functions. Code that
 *    only these refer to is not selected.
 *
 * @module
 */
import type { Range } from './ast.ts';
import type { Bindings } from './bindings.ts';
import type { Declaration, Declarations } from './declarations.ts';
import {
  BuiltinInLogicError,
  MissingExportError,
  RelativeAssetError,
  type SourceLocation,
  TopLevelAwaitError,
  UnresolvedImportError,
  UnresolvedPackageError,
  UnsupportedImportError,
} from './errors.ts';
import type { LaunchFinder } from './launch-statements.ts';
import { omittedRanges } from './omitted-ranges.ts';
import type { Project } from './project.ts';
import {
  type ExportBinding,
  type ImportStatement,
  isSource,
  type SourceModule,
  type Unit,
} from './source-module.ts';

export type Flavour = 'logic' | 'step';

/** The selected parts of a module. */
export interface IncludedParts {
  readonly units: Set<Unit>;
  /**
   * The modules that it loads, in this order; TypeScript drops imports of which only types are
   * used.
   */
  readonly loads: ReadonlySet<ImportStatement>;
  /** Local names of imports. */
  readonly imports: Set<string>;
  /** By exported name. */
  readonly exports: Map<string, ExportBinding>;
  /** `export * from` packages or files that cannot be read. */
  readonly stars: Set<ImportStatement>;
}

/** The data that all selections of a project share. */
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
  /** The pipeline whose logic is bundled. */
  readonly logicOf?: Declaration | undefined;
}

export class Selection {
  readonly modules = new Map<SourceModule, IncludedParts>();
  /** The packages that selected code imports: by specifier, the modules and positions. */
  readonly packages = new Map<string, Map<SourceModule, number>>();
  /** The packages that are imported only for their side effects. */
  readonly effects = new Set<string>();
  readonly #analysis: Analysis;
  readonly #options: SelectionOptions;

  constructor(analysis: Analysis, options: SelectionOptions) {
    this.#analysis = analysis;
    this.#options = options;
  }

  /** Selects a module's effects, and those of the modules that it imports (2). */
  includeModule(module: SourceModule): IncludedParts {
    const known = this.modules.get(module);
    if (known !== undefined) return known;
    const elided = elidedImports(module);
    const loads = new Set(module.importStatements.filter((statement) => !elided.has(statement)));
    const chosen: IncludedParts = {
      units: new Set(),
      loads,
      imports: new Set(),
      exports: new Map(),
      stars: new Set(),
    };
    this.modules.set(module, chosen);
    if (module.opaque) {
      for (const unit of module.units) this.#analysis.declarations.rejectNested(module, unit);
      this.#includeRequired(module);
      return chosen;
    }
    for (const statement of loads) {
      const target = statement.sideEffectOnly
        ? this.#moduleBehind(module, statement)
        : this.#project.target(module, statement.specifier);
      if (target !== undefined) this.includeModule(target);
    }
    const { stripped } = this.#analysis.launches.of(module);
    for (const unit of module.units) {
      if (
        unit.kind === 'effect' &&
        unit.attachedTo === undefined &&
        !stripped.has(unit) &&
        !this.#isLogicOnly(module, unit)
      )
        this.#includeUnit(module, unit);
    }
    return chosen;
  }

  /** Selects the references of a part of a unit, without the unit. */
  includeRange(module: SourceModule, unit: Unit, range: Range): void {
    this.includeModule(module);
    this.#analysis.declarations.rejectNested(module, unit);
    this.#follow(module, unit, (position) => position >= range.start && position < range.end);
  }

  includeLocal(module: SourceModule, name: string): boolean {
    this.includeModule(module);
    return this.#includeName(module, name, undefined);
  }

  /** Selects the files of the project that CommonJS requires; what it needs is not known. */
  #includeRequired(module: SourceModule): void {
    const specifiers = [
      ...module.units.flatMap((unit) => unit.references.imports.map((each) => each.specifier)),
      ...module.importStatements.map((statement) => statement.specifier),
    ];
    for (const specifier of specifiers) {
      const target = this.#project.target(module, specifier);
      if (target?.opaque === true) this.includeModule(target);
      else if (target !== undefined) this.#includeAllExports(target);
    }
  }

  /** True if loading the module has side effects. */
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
      if (statement.sideEffectOnly && resolution.kind === 'package') return true;
      const target = this.#project.target(module, statement.specifier);
      return target !== undefined && this.modules.has(target) && this.hasEffects(target, seen);
    });
  }

  get #project(): Project {
    return this.#analysis.project;
  }

  #includeUnit(module: SourceModule, unit: Unit): void {
    const { units } = this.includeModule(module);
    if (units.has(unit)) return;
    units.add(unit);
    const { launches, declarations } = this.#analysis;
    if (!launches.of(module).blanked.has(unit)) {
      declarations.rejectNested(module, unit);
      const omitted = declarations.of(module).flatMap((each) => omittedRanges(each, this.#options));
      this.#follow(
        module,
        unit,
        (position) => !omitted.some((hole) => position >= hole.start && position < hole.end),
      );
    }
    const { stripped } = launches.of(module);
    for (const each of module.units) {
      // Assignments to its properties, and declarations that TypeScript merges with it.
      const isPart =
        each.attachedTo === undefined
          ? each.declares.some((name) => unit.declares.includes(name))
          : unit.declares.includes(each.attachedTo);
      if (isPart && !stripped.has(each)) this.#includeUnit(module, each);
    }
  }

  #follow(module: SourceModule, unit: Unit, isIncluded: (position: number) => boolean): void {
    const { references } = unit;
    const awaited = references.awaits.find(isIncluded);
    if (awaited !== undefined)
      throw new TopLevelAwaitError(module.locationAt(awaited), this.#options.bundle);
    const meta = references.metas.find(
      (each) => isIncluded(each.at) && each.property !== 'main' && each.property !== 'env',
    );
    if (meta !== undefined)
      throw new RelativeAssetError(module.locationAt(meta.at), this.#options.bundle);
    for (const { name, property, at } of references.names)
      if (isIncluded(at)) this.#includeName(module, name, property);
    for (const { specifier, literal } of references.imports) {
      if (!isIncluded(literal.start)) continue;
      const target = this.#moduleBehind(module, {
        specifier,
        at: literal.start,
        sideEffectOnly: false,
      });
      if (target !== undefined) this.#includeAllExports(target);
    }
  }

  /** False if the name is a type's. */
  #includeName(module: SourceModule, name: string, property: string | undefined): boolean {
    const unit = module.declarations.get(name);
    if (unit !== undefined) {
      this.#includeUnit(module, unit);
      return true;
    }
    const binding = module.imports.get(name);
    if (binding === undefined) return false;
    const { imports } = this.includeModule(module);
    const { declaration, imported } = binding;
    const target = this.#moduleBehind(module, declaration);
    const isValue =
      target === undefined ||
      this.#includeImported(target, imported, property, module.locationAt(declaration.at));
    if (isValue) imports.add(name);
    return isValue;
  }

  #includeImported(
    target: SourceModule,
    imported: string,
    property: string | undefined,
    location: SourceLocation,
  ): boolean {
    if (imported !== '*') return this.#includeExport(target, imported, location);
    // A property that the module lacks is `undefined` when the code runs: that is no reason to
    // refuse it.
    if (property !== undefined) return this.#includeExport(target, property, undefined) || true;
    this.#includeAllExports(target);
    return true;
  }

  #includeExport(
    module: SourceModule,
    name: string,
    location: SourceLocation | undefined,
  ): boolean {
    const chosen = this.includeModule(module);
    if (module.opaque || chosen.exports.has(name)) return true;
    const binding = module.exports.get(name) ?? this.#starExport(module, name);
    if (binding === undefined) {
      const openStars = this.#openStars(module);
      for (const star of openStars) chosen.stars.add(star);
      if (openStars.length > 0 || location === undefined || module.types.has(name))
        return openStars.length > 0;
      throw new MissingExportError(name, module.id, location);
    }
    // Set before the import is followed, because modules may import each other.
    chosen.exports.set(name, binding);
    const isValue =
      binding.kind === 'local'
        ? this.#includeName(module, binding.name, undefined)
        : this.#includeReexport(module, binding.statement, binding.imported);
    if (!isValue) chosen.exports.delete(name);
    return isValue;
  }

  #includeReexport(module: SourceModule, statement: ImportStatement, imported: string): boolean {
    const target = this.#moduleBehind(module, statement);
    return (
      target === undefined ||
      this.#includeImported(target, imported, undefined, module.locationAt(statement.at))
    );
  }

  #includeAllExports(module: SourceModule): void {
    const chosen = this.includeModule(module);
    for (const name of exportNames(this.#project, module))
      this.#includeExport(module, name, undefined);
    for (const star of this.#openStars(module)) chosen.stars.add(star);
  }

  #starExport(module: SourceModule, name: string): ExportBinding | undefined {
    for (const statement of module.stars) {
      const target = this.#project.target(module, statement.specifier);
      if (target !== undefined && exportNames(this.#project, target).has(name))
        return { kind: 'from', statement, imported: name };
    }
    return undefined;
  }

  /** `export * from` a module that cannot be read. */
  #openStars(module: SourceModule): ImportStatement[] {
    return module.stars.filter((statement) => {
      const target = this.#project.target(module, statement.specifier);
      return target === undefined || target.opaque;
    });
  }

  /**
   * The project's module behind a needed import; undefined if it is not the project's source.
   */
  #moduleBehind(module: SourceModule, statement: ImportStatement): SourceModule | undefined {
    const { specifier } = statement;
    const resolution = this.#project.resolve(module, specifier);
    const location = module.locationAt(statement.at);
    switch (resolution.kind) {
      case 'file':
        if (isSource(resolution.file)) return this.#project.module(resolution.file);
        if (!resolution.file.endsWith('.json'))
          throw new UnsupportedImportError(specifier, location);
        return undefined;
      case 'builtin':
        if (this.#options.flavour === 'logic' && !this.#options.builtins.has(resolution.name))
          throw new BuiltinInLogicError(specifier, location, this.#options.pipeline);
        return undefined;
      case 'missing':
        if (resolution.packageName === null) throw new UnresolvedImportError(specifier, location);
        throw new UnresolvedPackageError(resolution.packageName, specifier, location);
      case 'package': {
        const importers = this.packages.get(specifier) ?? new Map<SourceModule, number>();
        this.packages.set(specifier, importers.set(module, statement.at));
        if (statement.sideEffectOnly) this.effects.add(specifier);
        return undefined;
      }
      default:
        return undefined;
    }
  }

  #isLogicOnly(module: SourceModule, unit: Unit): boolean {
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

/**
 * TypeScript drops an import if only its types are used, and the module is then not loaded.
 */
function elidedImports(module: SourceModule): ReadonlySet<ImportStatement> {
  if (module.language !== 'ts' && module.language !== 'tsx') return new Set();
  const used = new Set(
    module.units.flatMap((unit) => unit.references.names.map((reference) => reference.name)),
  );
  for (const binding of module.exports.values())
    if (binding.kind === 'local') used.add(binding.name);
  const retained = new Set<ImportStatement>(module.stars);
  for (const binding of module.exports.values())
    if (binding.kind === 'from') retained.add(binding.statement);
  for (const [name, binding] of module.imports)
    if (used.has(name)) retained.add(binding.declaration);
  return new Set(
    module.importStatements.filter(
      (statement) => !statement.sideEffectOnly && !retained.has(statement),
    ),
  );
}
