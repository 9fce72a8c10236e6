/**
 * Finds the statements that start a run, such as `main(url)` at the end of a file. A plain program
 * needs them. In a bundle they would start the run again, and would make every step's bundle
 * contain the whole pipeline.
 *
 * 1. A statement that calls a pipeline or chooses a mode starts a run, and so does a statement that
 *    uses its result.
 * 2. A function that calls a pipeline stays, but calls of it at the top level are launches too.
 * 3. A constant made by a launch becomes `undefined`.
 *
 * @module
 */
import type { Range } from './ast.ts';
import type { Binding, Bindings } from './bindings.ts';
import type { Declarations } from './declarations.ts';
import type { Project } from './project.ts';
import type { CallSite } from './references.ts';
import type { SourceModule, Unit } from './source-module.ts';

export interface LaunchStatements {
  /** The statements to remove. */
  readonly stripped: ReadonlySet<Unit>;
  /** The declarations whose names become `undefined`. */
  readonly blanked: ReadonlySet<Unit>;
}

const MODE_FUNCTIONS = new Set(['runLocally', 'debugPipeline']);

export class LaunchFinder {
  readonly #project: Project;
  readonly #bindings: Bindings;
  readonly #declarations: Declarations;
  readonly #known = new Map<SourceModule, LaunchStatements>();

  constructor(project: Project, bindings: Bindings, declarations: Declarations) {
    this.#project = project;
    this.#bindings = bindings;
    this.#declarations = declarations;
  }

  of(module: SourceModule): LaunchStatements {
    const known = this.#known.get(module);
    if (known !== undefined) return known;
    const launches = this.#find(module);
    this.#known.set(module, launches);
    return launches;
  }

  /** The binding of the pipeline that is called; undefined for any other call. */
  pipelineCalled(
    module: SourceModule,
    site: CallSite,
  ): { readonly module: SourceModule; readonly name: string } | undefined {
    const [root, property] = site.chain;
    const imported = module.imports.get(root);
    let binding: Binding | undefined = this.#bindings.local(module, root);
    if (imported?.imported === '*' && property !== undefined) {
      const target = this.#project.target(module, imported.declaration.specifier);
      binding = target === undefined ? undefined : this.#bindings.exported(target, property);
    }
    if (binding?.kind !== 'declared') return undefined;
    const { module: declaring, name } = binding;
    return this.#declarations
      .of(declaring)
      .some((each) => each.kind === 'pipeline' && each.accessPath?.[0] === name)
      ? { module: declaring, name }
      : undefined;
  }

  #find(module: SourceModule): LaunchStatements {
    const stripped = new Set<Unit>();
    const blanked = new Set<Unit>();
    const tainted = new Set<string>();
    const declared = this.#declarations.of(module);
    const settled = new Set<Unit>();
    for (let changed = true; changed; ) {
      changed = false;
      for (const unit of module.units) {
        const inside = declared.filter((each) => each.unit === unit).map((each) => each.call);
        const launchReferences = this.#launchReferences(module, unit, inside, tainted);
        const unnamed = declared.some(
          (each) => each.unit === unit && each.kind === 'pipeline' && each.accessPath === undefined,
        );
        if (settled.has(unit) || (launchReferences.length === 0 && !unnamed)) continue;
        const isEffect = unit.kind === 'effect';
        const immediate = launchReferences.some((touch) => !touch.deferred);
        if (isEffect) stripped.add(unit);
        else if (immediate) blanked.add(unit);
        for (const name of unit.declares) tainted.add(name);
        // `result = await main()`, and then `console.log(result)`.
        if (isEffect && unit.attachedTo !== undefined && unit.assigns) tainted.add(unit.attachedTo);
        // The function may be called immediately.
        if (isEffect || immediate) settled.add(unit);
        else if (unit.declares.every((name) => tainted.has(name))) settled.add(unit);
        changed = true;
      }
    }
    return { stripped, blanked };
  }

  /**
   * The position where a unit starts a run or uses the result of a start. The functions of
   * components and pipelines do not count.
   */
  #launchReferences(
    module: SourceModule,
    unit: Unit,
    inside: readonly Range[],
    tainted: ReadonlySet<string>,
  ): { readonly deferred: boolean }[] {
    const isOutside = (position: number): boolean =>
      !inside.some((range) => position >= range.start && position < range.end);
    const calls = unit.references.calls.filter((site) => {
      if (!isOutside(site.node.start)) return false;
      const name = this.#bindings.headraceFunction(module, site);
      return (
        (name !== undefined && MODE_FUNCTIONS.has(name)) ||
        this.pipelineCalled(module, site) !== undefined
      );
    });
    const uses = unit.references.names.filter(
      (reference) =>
        tainted.has(reference.name) &&
        !unit.declares.includes(reference.name) &&
        isOutside(reference.at),
    );
    return [...calls, ...uses];
  }
}
