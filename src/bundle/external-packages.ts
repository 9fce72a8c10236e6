/**
 * The packages that a step's bundle imports, with their versions and their paths on this machine.
 *
 * @module
 */
import { isBuiltin } from 'node:module';
import type { Bundle, Package } from '../model/code.ts';
import { emittedImports } from './emitted-imports.ts';
import { AmbiguousPackageError, UnresolvedPackageError } from './errors.ts';
import type { Project } from './project.ts';
import { packageNameOf } from './resolver.ts';
import type { Selection } from './selection.ts';

/** @throws UnresolvedPackageError, AmbiguousPackageError */
export function externalPackages(
  project: Project,
  selection: Selection,
  text: string,
  bundle: string,
): Pick<Bundle, 'packages' | 'resolvedImports'> {
  const resolved = new Map<string, string>();
  const packages = new Map<string, Package>();
  for (const { specifier } of emittedImports(text)) {
    if (isBuiltin(specifier) || resolved.has(specifier)) continue;
    const source = packageFileOf(project, selection, specifier, bundle);
    if (source === undefined) continue;
    const { file, importer } = source;
    resolved.set(specifier, file);
    const name = packageNameOf(specifier);
    const found = project.installed.packageOf(importer, name, file);
    if (found !== undefined) packages.set(name, found);
  }
  const byName = <T>([a]: [string, T], [b]: [string, T]): number => (a < b ? -1 : 1);
  return {
    packages: [...packages].sort(byName).map(([, each]) => each),
    resolvedImports: Object.fromEntries([...resolved].sort(byName)),
  };
}

function packageFileOf(
  project: Project,
  selection: Selection,
  specifier: string,
  bundle: string,
): { readonly file: string; readonly importer: string } | undefined {
  // The imports of files that are not parsed are unknown.
  const importers =
    selection.packages.get(specifier) ??
    new Map(
      [...selection.modules.keys()].filter((module) => module.opaque).map((module) => [module, 0]),
    );
  const files = new Map<string, string>();
  for (const [module, position] of importers) {
    const file = project.packageFile(module.file, specifier);
    if (file === undefined && selection.packages.has(specifier))
      throw new UnresolvedPackageError(
        packageNameOf(specifier),
        specifier,
        module.locationAt(position),
      );
    if (file !== undefined) files.set(file, module.file);
  }
  const [first, second] = files;
  if (first !== undefined && second !== undefined)
    throw new AmbiguousPackageError(specifier, bundle, [first[0], second[0]]);
  return first === undefined ? undefined : { file: first[0], importer: first[1] };
}
