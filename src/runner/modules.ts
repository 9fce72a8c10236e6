/**
 * Loads bundles from the object store as modules of this process.
 *
 * 1. The text that is imported is the text whose hash was checked. It is imported by a file that
 *    this process created in a folder that it created for the file alone, and that no other user can
 *    enter. A file of another process is never imported.
 *
 * @module
 */
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** The checked texts of bundles by key and hash, for the attempts of one process. */
export type BundleTexts = Map<string, string>;

/**
 * @param folder the modules are written below it, and can import packages from there
 * @param texts a text that is in it is not read again
 */
export function createModules(
  objects: Objects,
  folder: string,
  materialize: () => Promise<Materialize>,
  texts: BundleTexts = new Map(),
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
    const id = `${bundle.hash} ${bundle.key}`;
    const known = texts.get(id);
    if (known !== undefined) return known;
    const text = verifiedCode(await objects.get(bundle.key, MAX_BUNDLE_BYTES), bundle);
    texts.set(id, text);
    return text;
  }

  async function importBundle(bundle: StoredBundle): Promise<Module> {
    const text = await textOf(bundle);
    const hasImports = Object.keys(bundle.resolvedImports).length > 0;
    return importText(
      folder,
      bundle.hash,
      hasImports ? (await materialize())(text, bundle.resolvedImports) : text,
    );
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

/** Rule 1. */
async function importText(folder: string, name: string, text: string): Promise<Module> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const ownFolder = mkdtempSync(join(folder, 'code-'));
  const path = join(ownFolder, `${name}.mjs`);
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o400 });
    return await import(pathToFileURL(path).href);
  } finally {
    removeModule(ownFolder, path);
  }
}

/** The recursive removal, which first fails to remove the folder as an empty one, takes longer. */
function removeModule(folder: string, path: string): void {
  try {
    unlinkSync(path);
    rmdirSync(folder);
  } catch {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isFunction = (value: unknown): value is StepFunction => typeof value === 'function';
