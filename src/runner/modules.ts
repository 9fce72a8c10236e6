/**
 * Loads bundles from the object store as modules of this process.
 *
 * 1. The text that is imported is the text whose hash was checked. It is imported by a file that
 *    this process created in a folder that it created for the file alone, and that no other user can
 *    enter. A file of another process is never imported.
 * 2. Each attempt has an instance of its own. A process that stays imports one file several times,
 *    each time with another query, because creating and removing a file takes longer than all else
 *    that an import does.
 *
 * @module
 */
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { verifiedCode } from '../model/code-integrity.ts';
import { MAX_BUNDLE_BYTES } from '../model/limits.ts';
import type { StepSpec } from '../model/spec.ts';
import type { Objects } from '../ports/objects.ts';
import { StepCodeError } from '../sdk/working-directory.ts';
import type { RunnerContext, StepFunction } from './runner-context.ts';

/** Replaces each external import in a bundle's text by its absolute path. */
export type Materialize = (text: string, resolved: Readonly<Record<string, string>>) => string;

type Module = Readonly<Record<string, unknown>>;

interface StoredBundle {
  readonly key: string;
  readonly hash: string;
  readonly resolvedImports: Readonly<Record<string, string>>;
}

interface ModuleFile {
  readonly path: string;
  readonly text: string;
  importCount: number;
}

/** The files of a process that stays, by the keys and hashes of their bundles. */
export type ModuleFiles = Map<string, ModuleFile>;

/**
 * @param folder the modules are written below it, and can import packages from there
 * @param files the files that stay; without it, a file is removed when it was imported
 */
export function createModules(
  objects: Objects,
  folder: string,
  materialize: () => Promise<Materialize>,
  files?: ModuleFiles,
): Pick<RunnerContext, 'loadCode' | 'loadSerializers'> {
  const loaded = new Map<string, Promise<Module>>();

  /** Serializers and the step may be in one bundle, which is one module then. */
  function load(bundle: StoredBundle): Promise<Module> {
    const existing = loaded.get(bundle.key);
    if (existing !== undefined) return existing;
    const module = importBundle(bundle);
    loaded.set(bundle.key, module);
    return module;
  }

  async function textOf(bundle: StoredBundle): Promise<string> {
    const text = verifiedCode(await objects.get(bundle.key, MAX_BUNDLE_BYTES), bundle);
    const hasImports = Object.keys(bundle.resolvedImports).length > 0;
    return hasImports ? (await materialize())(text, bundle.resolvedImports) : text;
  }

  async function importBundle(bundle: StoredBundle): Promise<Module> {
    const id = `${bundle.hash} ${bundle.key}`;
    const known = files?.get(id);
    if (known !== undefined && isUnchanged(known)) return importAgain(known);
    const text = known?.text ?? (await textOf(bundle));
    const path = writeModule(folder, bundle.hash, text);
    files?.set(id, { path, text, importCount: 1 });
    try {
      return await import(pathToFileURL(path).href);
    } finally {
      if (files === undefined) removeModule(path);
    }
  }

  return {
    async loadCode(spec: StepSpec) {
      const { default: step } = await load({
        key: spec.codeKey,
        hash: spec.codeHash,
        resolvedImports: spec.resolvedImports,
      });
      if (!isFunction(step))
        throw new StepCodeError(
          `the bundle of ${spec.component} (${spec.codeKey}) has no function as its default export`,
        );
      return step;
    },
    async loadSerializers({ serializers, codeKey, codeHash, resolvedImports }) {
      if (serializers === null) return {};
      const step = await load({ key: codeKey, hash: codeHash, resolvedImports });
      // Serializers in the step's own bundle share its classes. Bundles of earlier versions have
      // none.
      const { serializer, deserializer } = 'serializer' in step ? step : await load(serializers);
      if (serializers.serializer && !isFunction(serializer))
        throw new StepCodeError(`${serializers.key} does not export the function serializer`);
      if (serializers.deserializer && !isFunction(deserializer))
        throw new StepCodeError(`${serializers.key} does not export the function deserializer`);
      return {
        serializer: isFunction(serializer) ? serializer : undefined,
        deserializer: isFunction(deserializer) ? deserializer : undefined,
      };
    },
  };
}

/** Creates the file of a module (rule 1), and returns its path. */
function writeModule(folder: string, name: string, text: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(mkdtempSync(join(folder, 'code-')), `${name}.mjs`);
  writeFileSync(path, text, { flag: 'wx', mode: 0o400 });
  return path;
}

/** Rule 2. */
function importAgain(file: ModuleFile): Promise<Module> {
  const url = pathToFileURL(file.path);
  url.search = String(++file.importCount);
  return import(url.href);
}

function isUnchanged({ path, text }: ModuleFile): boolean {
  try {
    return readFileSync(path, 'utf8') === text;
  } catch {
    return false;
  }
}

/** The recursive removal, which first fails to remove the folder as an empty one, takes longer. */
function removeModule(path: string): void {
  const folder = dirname(path);
  try {
    unlinkSync(path);
    rmdirSync(folder);
  } catch {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isFunction = (value: unknown): value is StepFunction => typeof value === 'function';
