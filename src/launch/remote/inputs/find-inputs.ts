/**
 * Finds the files and folders of a project that a run may give to `inputFile`.
 *
 * 1. A literal, or the value of a parameter, need not exist: the step that requests it then fails as
 *    in local mode. A path of the option `inputs` must exist.
 * 2. Nothing outside of the project's folder is uploaded: neither by its path nor through a link.
 * 3. Files that usually contain credentials are refused, not left out: a folder without them would
 *    have another content than in local mode.
 *
 * @module
 */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { scanFolder } from '../../../folders/scan-folder.ts';
import { MAX_INPUT_PATH_LENGTH, MAX_RUN_INPUTS } from '../../../model/limits.ts';
import { inputPath } from '../../../model/run-inputs.ts';
import { InputFileError } from '../../../sdk/errors.ts';
import { secretPart } from './secret-files.ts';

export interface FoundInput {
  /** As the run names it. */
  readonly path: string;
  /** On the disk. */
  readonly source: string;
  readonly kind: 'file' | 'folder';
  readonly executable: boolean;
}

export interface InputPaths {
  /** The project's folder. Paths are relative to it. */
  readonly root: string;
  /** Literals and values of parameters. */
  readonly addresses: readonly string[];
  /** The option `inputs`: paths, in which `*` stands for any part of one name. */
  readonly declared: readonly string[];
}

/** @throws InputFileError */
export async function findInputs({
  root,
  addresses,
  declared,
}: InputPaths): Promise<readonly FoundInput[]> {
  const place = await realpath(root);
  const found = new Map<string, FoundInput>();
  const add = (input: FoundInput | undefined) => {
    if (input === undefined) return;
    found.set(input.path, input);
    if (found.size > MAX_RUN_INPUTS)
      throw new InputFileError(
        input.path,
        `the run would have more than ${MAX_RUN_INPUTS} input files: declare their folder instead`,
      );
  };
  for (const pattern of declared) {
    const paths = await expand(root, pattern);
    if (paths.length === 0)
      throw new InputFileError(pattern, `the option inputs names it, and ${root} has no such file`);
    for (const path of paths) add(await findInput(root, place, path));
  }
  for (const address of addresses) {
    const path = inputPath(address);
    if (path !== undefined && path.length <= MAX_INPUT_PATH_LENGTH)
      add(await findInput(root, place, path));
  }
  return [...found.values()];
}

async function findInput(
  root: string,
  place: string,
  path: string,
): Promise<FoundInput | undefined> {
  const source = resolve(root, path);
  const info = await stat(source).catch(() => undefined);
  if (info === undefined) return undefined;
  const actual = await realpath(source);
  if (actual === place)
    throw new InputFileError(path, "it is the project's folder: name the files or folders in it");
  requireUploadable(path, place, actual);
  if (info.isFile()) return { path, source, kind: 'file', executable: (info.mode & 0o100) !== 0 };
  if (!info.isDirectory())
    throw new InputFileError(path, 'it is neither a file nor a folder, and cannot be uploaded');
  for (const entry of await scanFolder(source))
    requireUploadable(
      path,
      place,
      entry.kind === 'file' ? await realpath(entry.source) : join(actual, entry.path),
    );
  return { path, source, kind: 'folder', executable: false };
}

function requireUploadable(path: string, place: string, actual: string): void {
  const inside = relative(place, actual);
  if (inside === '..' || inside.startsWith(`..${sep}`) || resolve(place, inside) !== actual)
    throw new InputFileError(
      path,
      `${actual} is outside of the project's folder ${place}, and is not uploaded: copy it into the folder, or give an https or s3 address`,
    );
  const secret = secretPart(inside);
  if (secret !== undefined)
    throw new InputFileError(
      path,
      `${inside} is not uploaded: files with the name ${secret} usually contain credentials. Move it out of the input, and pass credentials with the options secrets or environment`,
    );
}

/** The paths that a pattern matches, sorted. Names that start with a dot are matched by name only. */
async function expand(root: string, pattern: string): Promise<readonly string[]> {
  const path = inputPath(pattern);
  if (path === undefined)
    throw new InputFileError(pattern, 'the option inputs has paths of the project, no URLs');
  let paths = [''];
  for (const part of path.split('/')) {
    const next: string[] = [];
    for (const folder of paths)
      for (const name of await namesIn(join(root, folder), part))
        next.push(folder === '' ? name : `${folder}/${name}`);
    paths = next;
  }
  return paths.sort();
}

async function namesIn(folder: string, part: string): Promise<readonly string[]> {
  if (!part.includes('*'))
    return await stat(join(folder, part)).then(
      () => [part],
      () => [],
    );
  const pattern = new RegExp(
    `^${part
      .split(/\*+/)
      .map((text) => text.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
      .join('.*')}$`,
    'u',
  );
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => pattern.test(name) && (!name.startsWith('.') || part[0] === '.'));
}
