/**
 * Loads bundles from the object store as modules of this process.
 *
 * 1. The text that is imported is the text whose hash was checked. It is imported by a file that
 *    this process created in a folder that it created for the file alone, and that no other user can
 *    enter. A file of another process is never imported.
 * 2. Each attempt has an instance of its own. A process that stays imports the same code several
 *    times, each time by another address. Usual code is in the address itself (`data:`), because
 *    Node.js reads a file in four turns of other threads. Code that needs its own address, or
 *    imports something that is not built in, stays in its file, which is imported with another query.
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

interface KnownModule {
  readonly text: string;
  /** Undefined if the address contains the text. */
  readonly file: string | undefined;
  importCount: number;
}

/** The modules of a process that stays, by the keys and hashes of their bundles. */
export type KnownModules = Map<string, KnownModule>;

/** Each import of an address keeps it in memory. */
const MAX_ADDRESS_BYTES = 32 * 1024;
/** `import.meta` and `import()`. A comment in between is in no bundle. */
const NEEDS_FILE = /\bimport\s*[.(]/;

/**
 * @param folder the modules are written below it, and can import packages from there
 * @param known the modules of a process that stays; without it, a file is removed when it was
 *   imported
 */
export function createModules(
  objects: Objects,
  folder: string,
  materialize: () => Promise<Materialize>,
  known?: KnownModules,
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
    if (known !== undefined) return importKnown(bundle, known);
    const file = writeModule(folder, bundle.hash, await textOf(bundle));
    try {
      return await import(pathToFileURL(file).href);
    } finally {
      removeModule(file);
    }
  }

  /** Rule 2. */
  async function importKnown(bundle: StoredBundle, modules: KnownModules): Promise<Module> {
    const id = `${bundle.hash} ${bundle.key}`;
    let module = modules.get(id);
    if (module === undefined || !isUnchanged(module)) {
      const text = module?.text ?? (await textOf(bundle));
      const needsFile = !fitsInAddress(bundle, text);
      const file = needsFile ? writeModule(folder, bundle.hash, text) : undefined;
      module = { text, file, importCount: 0 };
      modules.set(id, module);
    }
    module.importCount += 1;
    return import(addressOf(bundle, module));
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

const fitsInAddress = ({ resolvedImports }: StoredBundle, text: string): boolean =>
  text.length <= MAX_ADDRESS_BYTES &&
  Object.keys(resolvedImports).length === 0 &&
  !NEEDS_FILE.test(text);

/**
 * In stacks, a module without a file has the name that its file would have: by `sourceURL`, and at
 * the end of its address for programs that format stacks themselves.
 */
function addressOf({ hash }: StoredBundle, { text, file, importCount }: KnownModule): string {
  if (file !== undefined) return `${pathToFileURL(file).href}?${importCount}`;
  const name = `${hash}.mjs`;
  const encoded = Buffer.from(`${text}\n//# sourceURL=${name}`).toString('base64');
  return `data:text/javascript;base64,${encoded}#${importCount}/${name}`;
}

/** An attempt can change a file of its own user. */
function isUnchanged({ file, text }: KnownModule): boolean {
  try {
    return file === undefined || readFileSync(file, 'utf8') === text;
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
