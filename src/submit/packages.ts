/**
 * Adds the `packages` option of a component to the packages that its code imports. Containers
 * install the list.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Package, PipelineCode } from '../model/code.ts';
import type { ComponentDeclaration } from '../model/options.ts';

/**
 * Returns the code with the complete package lists of its components. An imported package has its
 * installed version, unless the option names a range for it. A package that the option names
 * without a range has its installed version, if it is installed.
 *
 * @param root the root of the project; the path of a manifest is relative to it
 */
export function withDeclaredPackages(
  code: PipelineCode,
  components: readonly ComponentDeclaration[],
  root: string,
): PipelineCode {
  const declared = new Map(
    components.flatMap(({ id, packages }) =>
      packages === undefined ? [] : [[id, packages] as const],
    ),
  );
  if (declared.size === 0) return code;
  return {
    ...code,
    components: code.components.map((component) => {
      const packages = declared.get(component.id);
      if (packages === undefined) return component;
      return {
        ...component,
        bundle: {
          ...component.bundle,
          packages: mergePackages(
            component.bundle.packages,
            packageRequestsIn(packages, root),
            root,
          ),
        },
      };
    }),
  };
}

interface PackageRequest {
  readonly name: string;
  readonly range: string | undefined;
}

function mergePackages(
  imported: readonly Package[],
  requests: readonly PackageRequest[],
  root: string,
): Package[] {
  const all = new Map(imported.map(({ name, version }) => [name, version]));
  for (const { name, range } of requests)
    all.set(name, range ?? all.get(name) ?? installedVersion(name, root) ?? '*');
  return [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => ({ name, version }));
}

function packageRequestsIn(
  packages: readonly string[] | string,
  root: string,
): readonly PackageRequest[] {
  if (typeof packages !== 'string') return packages.map(parsePackageRequest);
  const { dependencies } = readManifest(resolve(root, packages));
  // No registry has the files and folders of this machine.
  return Object.entries(dependencies ?? {}).flatMap(([name, range]) =>
    /^(?:file|link|portal|workspace):/.test(range) ? [] : [{ name, range }],
  );
}

function parsePackageRequest(text: string): PackageRequest {
  const at = text.indexOf('@', 1);
  return at === -1
    ? { name: text, range: undefined }
    : { name: text.slice(0, at), range: text.slice(at + 1) };
}

const installedVersion = (name: string, root: string): string | undefined =>
  readManifest(join(root, 'node_modules', name, 'package.json')).version;

interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** A missing file is an empty manifest. The path was checked before. */
function readManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
