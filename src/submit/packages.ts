/**
 * Adds the `packages` option of a component to the packages that its code imports. Containers
 * install the list.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InstalledPackages } from '../bundle/index.ts';
import type { Package, PipelineCode } from '../model/code.ts';
import type { ComponentDeclaration } from '../model/options.ts';

/**
 * Returns the code with the complete package lists of its components. An imported package has its
 * installed version, unless the option names a range for it. A package that the option names
 * without a range has its installed version, if it is installed. A package of the workspace is no
 * package: its code is in the bundle of the step that imports it.
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
  const installed = new InstalledPackages(root);
  return {
    ...code,
    components: code.components.map((component) => {
      const packages = declared.get(component.id);
      if (packages === undefined) return component;
      const requests = packageRequestsIn(packages, root).filter(
        ({ name }) => !installed.isLinked(root, name),
      );
      return {
        ...component,
        bundle: {
          ...component.bundle,
          packages: mergePackages(component.bundle.packages, requests, root, installed),
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
  installed: InstalledPackages,
): Package[] {
  const all = new Map(imported.map((each) => [each.name, each]));
  const manifest = join(root, 'package.json');
  for (const { name, range } of requests) {
    const found = installed.find(root, name);
    const known =
      all.get(name) ??
      (found === undefined
        ? undefined
        : installed.packageOf(manifest, name, join(found.folder, 'package.json')));
    // What a range leads to is known when it is installed.
    all.set(
      name,
      range !== undefined && range !== known?.version
        ? { name, version: range }
        : (known ?? { name, version: '*' }),
    );
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

/** The packages that the option names, with their ranges. */
export function packageRequestsIn(
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

interface Manifest {
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
