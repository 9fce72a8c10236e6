/**
 * A project during bundling: its root folder, and its files, each parsed once.
 *
 * @module
 */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { SourceNotFoundError } from './errors.ts';
import { type Resolution, Resolver } from './resolver.ts';
import { isSource, readModule, type SourceModule } from './source-module.ts';

export class Project {
  /** The folder of the nearest package.json; the file's own folder if there is none. */
  readonly root: string;
  readonly entry: SourceModule;
  readonly #resolver: Resolver;
  readonly #modules = new Map<string, SourceModule>();

  /** @throws SourceNotFoundError, SourceSyntaxError */
  constructor(file: string) {
    const absolute = realPath(file);
    this.root = rootOf(absolute);
    this.#resolver = new Resolver(this.root);
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

  /** Relative to the root, with forward slashes. */
  id(file: string): string {
    return relative(this.root, file).split(sep).join('/');
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

function rootOf(file: string): string {
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(file);
  }
}
