/**
 * The files that were uploaded for the `inputFile` calls of a run.
 *
 * A run's list is compared with its hash, and a file with the hash in its key. The list was written
 * by a client of the API: a step reads inputs of its own project only.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { isInputKey, projectOfOutput } from '../model/object-layout.ts';
import { hashOfInput, inputPath, type RunInput, readInputList } from '../model/run-inputs.ts';
import type { StepSpec } from '../model/spec.ts';
import { ObjectMissingError } from '../ports/objects.ts';
import { InputFileError } from '../sdk/errors.ts';
import { DamagedObjectError } from './errors.ts';
import { fetchFile } from './files.ts';
import type { RunnerContext } from './runner-context.ts';

type Context = Pick<RunnerContext, 'objects' | 'temporaryDirectory'>;

/**
 * The path of a read-only copy; undefined if the address is not among the inputs of the run.
 *
 * @throws InputFileError, DamagedObjectError
 */
export async function uploadedInput(
  { inputs: list, outputPrefix }: Pick<StepSpec, 'inputs' | 'outputPrefix'>,
  { objects, temporaryDirectory }: Context,
  address: string,
): Promise<string | undefined> {
  const path = inputPath(address);
  if (list === undefined || path === undefined) return undefined;
  try {
    const inputs = await readList(objects, list);
    const found = findInput(inputs, path);
    if (found === undefined) return undefined;
    if (!isInputKey(projectOfOutput(outputPrefix), found.input.key))
      throw new InputFileError(address, 'its object belongs to another project');
    const copy = await fetchFile(
      objects,
      storedValueOf(found.input),
      join(temporaryDirectory, 'inputs', hashOfInput(found.input.key)),
    );
    return join(copy, ...found.rest);
  } catch (error) {
    if (!(error instanceof ObjectMissingError)) throw error;
    throw new InputFileError(
      address,
      'its uploaded content has expired: start a new run from the source',
      { cause: error },
    );
  }
}

async function readList(
  objects: Context['objects'],
  { key, size }: NonNullable<StepSpec['inputs']>,
): Promise<readonly RunInput[]> {
  const bytes = await objects.get(key, size);
  const isIntact = createHash('sha256').update(bytes).digest('hex') === hashOfInput(key);
  const list = isIntact ? readInputList(Buffer.from(bytes).toString('utf8')) : undefined;
  if (list === undefined) throw new DamagedObjectError(key, bytes.byteLength, size);
  return list;
}

/** The input with the path, else the folder that contains it, and the path in that folder. */
function findInput(
  inputs: readonly RunInput[],
  path: string,
): { readonly input: RunInput; readonly rest: readonly string[] } | undefined {
  const exact = inputs.find((each) => each.path === path);
  if (exact !== undefined) return { input: exact, rest: [] };
  const folder = inputs.find((each) => each.kind === 'folder' && path.startsWith(`${each.path}/`));
  return folder === undefined
    ? undefined
    : { input: folder, rest: path.slice(folder.path.length + 1).split('/') };
}

const storedValueOf = ({ path, kind, key, size, executable }: RunInput) => ({
  format: kind,
  key,
  size,
  hash: hashOfInput(key),
  name: basename(path),
  ...(executable === true ? { executable: true as const } : {}),
});
