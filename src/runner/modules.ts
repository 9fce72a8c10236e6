/**
 * Loads bundles from the object store as modules of this process. Each bundle is written to a cache
 * once, then imported by path.
 *
 * A file in the cache is complete or absent, and its name is a hash of all that it depends on.
 * A file that exists is therefore always correct.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StepSpec } from '../model/spec.ts';
import type { Objects } from '../ports/objects.ts';
import { StepCodeError } from './errors.ts';
import type { RunnerContext, StepFunction } from './runner-context.ts';

/** Replaces each external import in a bundle's text by its absolute path. */
export type Materialize = (text: string, resolved: Readonly<Record<string, string>>) => string;

interface StoredBundle {
  readonly key: string;
  readonly hash: string;
  readonly resolvedImports: Readonly<Record<string, string>>;
}

/** @param folder the cache: the modules are written there */
export function createModules(
  objects: Objects,
  folder: string,
  materialize: () => Promise<Materialize>,
): Pick<RunnerContext, 'loadCode' | 'loadSerializers'> {
  async function load(bundle: StoredBundle): Promise<Readonly<Record<string, unknown>>> {
    const path = join(folder, `${fileName(bundle)}.mjs`);
    if (!(await exists(path))) {
      const content = await objects.get(bundle.key);
      const replace = await materialize();
      await writeAtomically(path, replace(Buffer.from(content).toString(), bundle.resolvedImports));
    }
    return import(pathToFileURL(path).href);
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

function fileName({ hash, resolvedImports }: StoredBundle): string {
  const imports = JSON.stringify(
    Object.entries(resolvedImports).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
  return createHash('sha256').update(`${hash}\n${imports}`).digest('hex');
}

async function writeAtomically(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporaryFile = `${path}.${randomUUID()}`;
  await writeFile(temporaryFile, text, { flag: 'wx' });
  await rename(temporaryFile, path);
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const isFunction = (value: unknown): value is StepFunction => typeof value === 'function';
