/**
 * The pipelines of a file, and the one that is meant.
 *
 * @module
 */
import { Bindings } from './bindings.ts';
import { type Declaration, Declarations } from './declarations.ts';
import {
  HiddenPipelineError,
  NoPipelineError,
  SeveralPipelinesError,
  UnknownPipelineError,
} from './errors.ts';
import { LaunchFinder } from './launch-statements.ts';
import { Project } from './project.ts';
import type { Analysis } from './selection.ts';
import type { SourceModule } from './source-module.ts';

export interface FoundPipeline {
  /** Null if the file does not export it. */
  readonly exportName: string | null;
  /**
   * By the source: the `name` option if it is a text, else the function's name, else the
   * constant's.
   */
  readonly name: string;
  /**
   * Relative to the project's root; another file than the requested one if that re-exports or
   * imports it.
   */
  readonly file: string;
  readonly line: number;
}

/** A pipeline, and its place in the requested file. */
export interface Candidate {
  readonly declaration: Declaration;
  readonly exportName: string | null;
}

/** @throws SourceNotFoundError, SourceSyntaxError */
export function analyse(file: string): Analysis {
  const project = new Project(file);
  const bindings = new Bindings(project);
  const declarations = new Declarations(project, bindings);
  return {
    project,
    bindings,
    declarations,
    launches: new LaunchFinder(project, bindings, declarations),
  };
}

/**
 * The pipelines that a file declares, re-exports, or imports and calls, without running it.
 *
 * @throws SourceNotFoundError, SourceSyntaxError
 */
export async function findPipelines(file: string): Promise<readonly FoundPipeline[]> {
  const analysis = analyse(file);
  return candidates(analysis).map(({ declaration, exportName }) => ({
    exportName,
    name: declaration.name,
    file: declaration.location.file,
    line: declaration.location.line,
  }));
}

/**
 * Without a name: the one that the file exports, else the one that it calls to start a run.
 *
 * @throws NoPipelineError, HiddenPipelineError, SeveralPipelinesError, UnknownPipelineError
 */
export function choosePipeline(analysis: Analysis, requestedName: string | undefined): Candidate {
  const file = analysis.project.entry.id;
  const all = candidates(analysis);
  if (analysis.project.entry.opaque) throw new NoPipelineError(file, false);
  if (all.length === 0) throw nestedPipelineError(analysis) ?? new NoPipelineError(file, true);
  if (requestedName !== undefined) {
    const byExport = all.filter((each) => each.exportName === requestedName);
    const named =
      byExport.length > 0
        ? byExport
        : all.filter(
            ({ declaration }) =>
              declaration.name === requestedName ||
              declaration.accessPath?.at(-1) === requestedName ||
              functionName(analysis, declaration) === requestedName,
          );
    const [found, ...more] = named;
    if (found === undefined)
      throw new UnknownPipelineError(file, requestedName, all.map(displayName));
    if (more.length > 0) throw new SeveralPipelinesError(file, named.map(displayName));
    return found;
  }
  const exported = all.filter((each) => each.exportName !== null);
  const eligible =
    exported.length > 0 ? exported : all.filter((each) => isLaunched(analysis, each));
  const [only, ...more] = eligible;
  if (only === undefined) throw new HiddenPipelineError(file, all.map(displayName));
  if (more.length > 0) throw new SeveralPipelinesError(file, eligible.map(displayName));
  return only;
}

/** Whether the requested file calls the pipeline, as a plain program does. */
function isLaunched({ project, launches }: Analysis, { declaration }: Candidate): boolean {
  return project.entry.units.some((unit) =>
    unit.references.calls.some((site) => {
      const called = launches.pipelineCalled(project.entry, site);
      return called?.module === declaration.module && called.name === declaration.accessPath?.[0];
    }),
  );
}

const functionName = (analysis: Analysis, declaration: Declaration): string | undefined =>
  analysis.declarations.functionOf(declaration)?.name;

const displayName = ({ declaration, exportName }: Candidate): string =>
  exportName === null || exportName === 'default' ? declaration.name : exportName;

/** Each pipeline once: exported ones first, in the order of the source. */
function candidates(analysis: Analysis): readonly Candidate[] {
  const { bindings, project } = analysis;
  const { entry } = project;
  const found = new Map<Declaration, string | null>();
  const add = (declaring: SourceModule, name: string, exportName: string | null): void => {
    for (const declaration of analysis.declarations.of(declaring)) {
      if (declaration.kind !== 'pipeline' || declaration.accessPath?.[0] !== name) continue;
      const known = found.get(declaration);
      // `export default main` beside `export const main`: the named export is preferred.
      if (known === undefined || (known === 'default' && exportName !== null))
        found.set(
          declaration,
          exportName === null ? null : [exportName, ...declaration.accessPath.slice(1)].join('.'),
        );
    }
  };
  for (const [exportName, target] of exportedBindings(analysis, entry))
    add(target.module, target.name, exportName);
  for (const declaration of analysis.declarations.of(entry)) {
    if (
      declaration.kind === 'pipeline' &&
      declaration.accessPath !== undefined &&
      !found.has(declaration)
    )
      found.set(declaration, null);
  }
  for (const local of entry.imports.keys()) {
    const binding = bindings.local(entry, local);
    if (binding.kind === 'declared') add(binding.module, binding.name, null);
  }
  return [...found].map(([declaration, exportName]) => ({ declaration, exportName }));
}

function exportedBindings(
  analysis: Analysis,
  module: SourceModule,
): [string, { module: SourceModule; name: string }][] {
  const { bindings, project } = analysis;
  const names = new Set(module.exports.keys());
  const collectStars = (from: SourceModule, seen: Set<SourceModule>): void => {
    if (seen.has(from)) return;
    seen.add(from);
    for (const star of from.stars) {
      const target = project.target(from, star.specifier);
      if (target === undefined) continue;
      for (const name of target.exports.keys()) if (name !== 'default') names.add(name);
      collectStars(target, seen);
    }
  };
  collectStars(module, new Set());
  return [...names].flatMap((name): [string, { module: SourceModule; name: string }][] => {
    const binding = bindings.exported(module, name);
    return binding?.kind === 'declared' ? [[name, binding]] : [];
  });
}

/** That a file's only pipeline is inside a function is a better answer than that there is none. */
function nestedPipelineError({ project, declarations }: Analysis): Error | undefined {
  for (const unit of project.entry.units) {
    try {
      declarations.rejectNested(project.entry, unit);
    } catch (error) {
      if (error instanceof Error) return error;
    }
  }
  return undefined;
}
