/**
 * The packages in `node_modules`: which of them are code of the project, and the exact versions of
 * all packages that one depends on.
 *
 * 1. A package is code of the project if its files are outside of every `node_modules` (a linked
 *    package of a workspace), or if it depends on Headrace or on such a package: it may declare
 *    components. All other packages stay packages.
 * 2. Folders are real paths, and a dependency is found as Node.js finds it: in the nearest
 *    `node_modules` above the package's real folder. That holds for npm, pnpm and yarn alike.
 * 3. A dependency that is limited to an operating system or processor does not count: another
 *    machine has another one, and the package that needs it determines its version.
 * 4. A version is one that a container can install: of an alias it names the package behind it, and
 *    a package that comes from a repository, an address or a file has that as its version.
 *
 * @module
 */
import { readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import type { Package } from '../model/code.ts';

interface Installed {
  /** The real folder of the package.json. */
  readonly folder: string;
  readonly manifest: Manifest;
}

interface Manifest {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  /** Ranges by name: dependencies, optional and peer ones. */
  readonly dependencies: ReadonlyMap<string, string>;
  /** It has `os`, `cpu` or `libc`. */
  readonly isForOnePlatform: boolean;
}

const HEADRACE = 'headrace';

export class InstalledPackages {
  readonly #root: string;
  readonly #manifests = new Map<string, Manifest | undefined>();
  readonly #found = new Map<string, Installed | undefined>();
  readonly #reached = new Map<string, ReadonlyMap<string, Installed>>();
  readonly #isCode = new Map<string, boolean>();

  /** @param root the real folder of the project */
  constructor(root: string) {
    this.#root = root;
  }

  /** Whether a file, by its real path, is in a folder that a package manager filled. */
  isInstalled(file: string): boolean {
    const path = relative(this.#root, file);
    // A project may itself be in `node_modules`.
    const folders = (path.startsWith('..') ? file : path).split(sep);
    return folders.includes('node_modules') && !folders.some(isInjectedFolder);
  }

  /** Rule 1. @param file a real path */
  isCode(file: string): boolean {
    if (!this.isInstalled(file)) return true;
    const owner = this.#ownerOf(file);
    if (owner === undefined) return false;
    const known = this.#isCode.get(owner.folder);
    if (known !== undefined) return known;
    const isCode = [...this.#reach(owner).values()].some(
      ({ folder, manifest }) => manifest.dependencies.has(HEADRACE) || !this.isInstalled(folder),
    );
    this.#isCode.set(owner.folder, isCode);
    return isCode;
  }

  /** The name of the package that a file belongs to. */
  nameOf(file: string): string | undefined {
    return this.#ownerOf(file)?.manifest.name;
  }

  /**
   * A package as an import: its version, and the exact versions of everything that it needs.
   *
   * @param importer the real path of the importing file
   * @param name the name by which it is imported
   * @param file the file that the import resolves to
   */
  packageOf(importer: string, name: string, file: string): Package | undefined {
    const owner = this.#ownerOf(realpathSync(file), name);
    const version = owner === undefined ? undefined : this.#version(importer, name, owner);
    if (owner === undefined || version === undefined) return undefined;
    const dependencies = this.#versionsBehind(owner);
    return Object.keys(dependencies).length === 0
      ? { name, version }
      : { name, version, dependencies };
  }

  /** The package of a name, as code in `folder` imports it. */
  find(folder: string, name: string): Installed | undefined {
    const key = `${folder}\0${name}`;
    if (this.#found.has(key)) return this.#found.get(key);
    let found: Installed | undefined;
    for (let at = folder; found === undefined; at = dirname(at)) {
      if (basename(at) !== 'node_modules') found = this.#at(join(at, 'node_modules', name));
      if (at === dirname(at)) break;
    }
    this.#found.set(key, found);
    return found;
  }

  /** Whether code in `folder` imports a linked package by this name. */
  isLinked(folder: string, name: string): boolean {
    const found = this.find(folder, name);
    return found !== undefined && !this.isInstalled(found.folder);
  }

  #at(folder: string): Installed | undefined {
    let real: string;
    try {
      real = realpathSync(folder);
    } catch {
      return undefined;
    }
    const manifest = this.#manifest(real);
    return manifest === undefined ? undefined : { folder: real, manifest };
  }

  /** The package itself and all that it depends on, by folder. */
  #reach(start: Installed): ReadonlyMap<string, Installed> {
    const known = this.#reached.get(start.folder);
    if (known !== undefined) return known;
    const reached = new Map([[start.folder, start]]);
    for (const each of reached.values()) {
      for (const [, found] of this.#needed(each)) reached.set(found.folder, found);
    }
    this.#reached.set(start.folder, reached);
    return reached;
  }

  /** The installed packages that a package needs itself, by the name that it imports. */
  *#needed({ folder, manifest }: Installed): Iterable<readonly [string, Installed]> {
    for (const name of manifest.dependencies.keys()) {
      const found = name === HEADRACE ? undefined : this.find(folder, name);
      if (found !== undefined && !found.manifest.isForOnePlatform) yield [name, found];
    }
  }

  /** By name; where one name has several versions, by `parent@version>name`. */
  #versionsBehind(start: Installed): Record<string, string> {
    const edges = new Map<string, { readonly parent: Installed; readonly version: string }[]>();
    for (const parent of this.#reach(start).values()) {
      for (const [name, found] of this.#needed(parent)) {
        const version = versionBehind(parent.manifest, name, found.manifest);
        if (version === undefined) continue;
        const known = edges.get(name) ?? [];
        edges.set(name, known);
        known.push({ parent, version });
      }
    }
    const lines = [...edges].flatMap(([name, all]) => {
      const isOneVersion = new Set(all.map((each) => each.version)).size === 1;
      return all.map(({ parent, version }): [string, string] => [
        isOneVersion || parent.folder === start.folder ? name : `${identityOf(parent)}>${name}`,
        version,
      ]);
    });
    return Object.fromEntries(lines.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Rule 4, for an import of a file of the project. */
  #version(importer: string, name: string, { manifest }: Installed): string | undefined {
    for (let folder = dirname(importer); ; folder = dirname(folder)) {
      const importing = this.#manifest(folder);
      if (importing?.dependencies.has(name) === true)
        return versionBehind(importing, name, manifest);
      if (folder === dirname(folder)) return versionBehind(undefined, name, manifest);
    }
  }

  /** The package of a file: the nearest package.json with a version, or the one of that name. */
  #ownerOf(file: string, name?: string): Installed | undefined {
    let nearest: Installed | undefined;
    for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
      if (basename(folder) === 'node_modules') break;
      const manifest = this.#manifest(folder);
      if (manifest?.version === undefined) continue;
      nearest ??= { folder, manifest };
      if (manifest.name === name) return { folder, manifest };
    }
    return nearest;
  }

  #manifest(folder: string): Manifest | undefined {
    if (this.#manifests.has(folder)) return this.#manifests.get(folder);
    const manifest = readManifest(join(folder, 'package.json'));
    this.#manifests.set(folder, manifest);
    return manifest;
  }
}

/** pnpm copies a package of the workspace to `.pnpm/name@file+packages+name` if it is injected. */
const isInjectedFolder = (folder: string): boolean => /^(?:@?[^@]+@)?file\+/.test(folder);

/** `github:owner/name`, `owner/name`, `https://…`, `file:…`: everything that no registry has. */
const NOT_OF_A_REGISTRY =
  /^(?:git\b|git@|https?:|ssh:|file:|(?:github|gitlab|bitbucket|gist):|[\w.-]+\/[\w.-]+(?:#.*)?$)/;

/** Rule 4. */
function versionBehind(
  parent: Manifest | undefined,
  name: string,
  { name: ownName, version }: Manifest,
): string | undefined {
  const range = parent?.dependencies.get(name) ?? '';
  if (NOT_OF_A_REGISTRY.test(range)) return range;
  return version === undefined || ownName === undefined || ownName === name
    ? version
    : `npm:${ownName}@${version}`;
}

const identityOf = ({ manifest }: Installed): string =>
  `${manifest.name ?? ''}@${manifest.version ?? ''}`;

function readManifest(file: string): Manifest | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (!isRecord(content)) return undefined;
  const dependencies = ['peerDependencies', 'optionalDependencies', 'dependencies'].flatMap(
    (field): [string, string][] => {
      const listed = content[field];
      return isRecord(listed)
        ? Object.entries(listed).map(([name, range]) => [name, String(range)])
        : [];
    },
  );
  return {
    name: typeof content.name === 'string' ? content.name : undefined,
    version: typeof content.version === 'string' ? content.version : undefined,
    dependencies: new Map(dependencies.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))),
    isForOnePlatform: ['os', 'cpu', 'libc'].some((field) => content[field] !== undefined),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
