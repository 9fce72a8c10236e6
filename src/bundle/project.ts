/**
 * A project during bundling: its root folder, and its files, each parsed once.
 *
 * @module
 */

import { realpathSync } from 'node:fs';
import { relative, resolve, sep } from 'node:path';
import { SourceNotFoundError } from './errors.ts';
import { InstalledPackages } from './installed-packages.ts';
import { projectRootOf } from './project-root.ts';
import { type Resolution, Resolver } from './resolver.ts';
import { isSource, readModule, type SourceModule } from './source-module.ts';

export class Project {
  /** The folder of the nearest package.json; the file's own folder if there is none. */
  readonly root: string;
  readonly entry: SourceModule;
  readonly installed: InstalledPackages;
  readonly #resolver: Resolver;
  readonly #ids = new Map<string, string>();
  readonly #modules = new Map<string, SourceModule>();

  /** @throws SourceNotFoundError, SourceSyntaxError */
  constructor(file: string) {
    const absolute = realPath(file);
    this.root = projectRootOf(absolute);
    this.installed = new InstalledPackages(this.root);
    this.#resolver = new Resolver(this.installed);
    if (!isSource(absolute))
      throw new SourceNotFoundError(this.id(absolute), 'it is not a JavaScript or TypeScript file');
    this.entry = this.module(absolute);
  }

  module(file: string): SourceModule {
    const known = this.#modules.get(file);
    if (known !== undefined) return known;
    const module = readModule(file, this.id(file));
    this.#modules.set(file, module);
    return module;
  }

  /** The files that were read so far. */
  modules(): Iterable<SourceModule> {
    return this.#modules.values();
  }

  /**
   * Relative to the root, with forward slashes. A file of a package is named from its last
   * `node_modules` on, so that its name does not depend on where the package manager put it, unless
   * another file has that name already.
   */
  id(file: string): string {
    const path = relative(this.root, file).split(sep).join('/');
    const start = path.lastIndexOf('node_modules/');
    if (start === -1) return path;
    const short = path.slice(start);
    const owner = this.#ids.get(short) ?? file;
    this.#ids.set(short, owner);
    return owner === file ? short : path;
  }

  /** `package @acme/steps (node_modules/@acme/steps/index.js)`; a file of the project by its id. */
  place(file: string): string {
    const name = this.installed.isInstalled(file) ? this.installed.nameOf(file) : undefined;
    return name === undefined ? this.id(file) : `package ${name} (${this.id(file)})`;
  }

  resolve(importer: SourceModule, specifier: string): Resolution {
    return this.#resolver.resolve(importer.file, specifier);
  }

  packageFile(importer: string, specifier: string): string | undefined {
    return this.#resolver.packageFile(importer, specifier);
  }

  /** The project's module that an import resolves to, if it can be parsed into units. */
  target(importer: SourceModule, specifier: string): SourceModule | undefined {
    const resolution = this.resolve(importer, specifier);
    return resolution.kind === 'file' && isSource(resolution.file)
      ? this.module(resolution.file)
      : undefined;
  }
}

function realPath(file: string): string {
  try {
    return realpathSync(resolve(file));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new SourceNotFoundError(
      file,
      code === 'ENOENT' || code === 'ENOTDIR' ? undefined : String(code),
    );
  }
}
