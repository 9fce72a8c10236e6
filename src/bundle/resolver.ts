/**
 * Resolves an import to a file of the project, a package, a builtin of Node.js, or Headrace itself.
 *
 * 1. A bare name that resolves to a file in `node_modules` is a package, unless the package is code
 *    of the project (`installed-packages.ts`): linked from a workspace, or made for Headrace. Path
 *    aliases of the tsconfig and `#imports` are files.
 * 2. A package's file is the one that Node.js would load for `import`, found from the file that
 *    imports it.
 *
 * @module
 */
import { realpathSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, isAbsolute } from 'node:path';
import { ResolverFactory } from 'rolldown/experimental';
import type { InstalledPackages } from './installed-packages.ts';

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
  readonly #installed: InstalledPackages;
  readonly #source: ResolverFactory;
  readonly #node: ResolverFactory;
  readonly #resolutions = new Map<string, Resolution>();

  constructor(installed: InstalledPackages) {
    this.#installed = installed;
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
    if (packageName === null) return { kind: 'file', file: path };
    // A linked package has one identity, wherever it is imported.
    const file = path.includes('node_modules') ? realpathSync(path) : path;
    return this.#installed.isCode(file)
      ? { kind: 'file', file }
      : { kind: 'package', name: packageName };
  }
}

const isPath = (specifier: string): boolean =>
  /^\.{0,2}\//.test(specifier) || specifier === '.' || specifier === '..' || isAbsolute(specifier);

/** `@scope/name/deep` is of package `@scope/name`. */
export function packageNameOf(specifier: string): string {
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
