/**
 * Resolves an import to a file of the project, a package, a builtin of Node.js, or Headrace itself.
 *
 * 1. A bare name that resolves to a path under `node_modules` (a workspace's link too) is a
 *    package. Path aliases of the tsconfig and `#imports` are files.
 * 2. A package's file is the one that Node.js would load for `import`, found from the file that
 *    imports it.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { ResolverFactory } from 'rolldown/experimental';

export type Resolution =
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'package'; readonly name: string }
  /** Without the `node:`. */
  | { readonly kind: 'builtin'; readonly name: string }
  | { readonly kind: 'headrace' /** `''`, or what follows `headrace/`. */; readonly path: string }
  | {
      readonly kind: 'missing' /** Null if it is written as a file. */;
      readonly packageName: string | null;
    };

const EXTENSIONS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs', '.json'];
const EXTENSION_ALIASES = {
  '.js': ['.ts', '.tsx', '.js', '.jsx'],
  '.jsx': ['.tsx', '.jsx'],
  '.mjs': ['.mts', '.mjs'],
  '.cjs': ['.cts', '.cjs'],
};
/** The conditions that Node.js 20 uses for an `import`. */
const NODE_CONDITIONS = ['node', 'import', 'module-sync', 'node-addons', 'default'];
const BUILTINS = new Set(builtinModules);

export class Resolver {
  readonly #root: string;
  readonly #source: ResolverFactory;
  readonly #node: ResolverFactory;
  readonly #resolutions = new Map<string, Resolution>();

  constructor(root: string) {
    this.#root = root;
    this.#source = new ResolverFactory({
      tsconfig: 'auto',
      extensions: EXTENSIONS,
      extensionAlias: EXTENSION_ALIASES,
      conditionNames: NODE_CONDITIONS,
      mainFields: ['main'],
      symlinks: false,
    });
    this.#node = this.#source.cloneWithOptions({
      extensions: ['.js', '.json', '.node'],
      conditionNames: NODE_CONDITIONS,
      mainFields: ['main'],
      symlinks: true,
    });
  }

  resolve(importer: string, specifier: string): Resolution {
    // Two files of one folder resolve alike, because a tsconfig applies to folders.
    const key = `${dirname(importer)}\0${specifier}`;
    const known = this.#resolutions.get(key);
    if (known !== undefined) return known;
    const resolution = this.#resolve(importer, specifier);
    this.#resolutions.set(key, resolution);
    return resolution;
  }

  /** The file that Node.js loads for a package's specifier; undefined if it is not installed. */
  packageFile(importer: string, specifier: string): string | undefined {
    return this.#node.sync(dirname(importer), specifier).path;
  }

  #resolve(importer: string, specifier: string): Resolution {
    if (specifier === 'headrace' || specifier.startsWith('headrace/'))
      return { kind: 'headrace', path: specifier.slice('headrace/'.length) };
    if (specifier.startsWith('node:'))
      return { kind: 'builtin', name: specifier.slice('node:'.length) };
    const asFile = isPath(specifier);
    if (!asFile && BUILTINS.has(specifier)) return { kind: 'builtin', name: specifier };
    const { path } = this.#source.resolveFileSync(importer, specifier);
    const packageName = asFile ? null : packageNameOf(specifier);
    if (path === undefined) return { kind: 'missing', packageName };
    if (packageName !== null && this.#isInstalled(path))
      return { kind: 'package', name: packageName };
    return { kind: 'file', file: path };
  }

  #isInstalled(file: string): boolean {
    return relative(this.#root, file).split(sep).includes('node_modules');
  }
}

const isPath = (specifier: string): boolean =>
  /^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..' || isAbsolute(specifier);

/** `@scope/name/deep` is of package `@scope/name`. */
export function packageNameOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/** The version in the package.json that a package's file belongs to. */
export function packageVersion(name: string, file: string): string | undefined {
  let found: string | undefined;
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = readManifest(join(folder, 'package.json'));
    if (manifest?.version === undefined) continue;
    if (manifest.name === name) return manifest.version;
    found ??= manifest.version;
  }
  // An alias (`"old": "npm:new@1"`) is installed under another name than its own.
  return found;
}

function readManifest(
  file: string,
): { name?: string | undefined; version?: string | undefined } | undefined {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  if (typeof content !== 'object' || content === null) return undefined;
  return {
    name: 'name' in content && typeof content.name === 'string' ? content.name : undefined,
    version:
      'version' in content && typeof content.version === 'string' ? content.version : undefined,
  };
}
