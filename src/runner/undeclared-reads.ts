/**
 * Finds the files of the project that a cached step reads without having them as an argument: the
 * step stays cached when they change.
 *
 * The functions of `node:fs` that open a file for reading are wrapped before the step's code is
 * loaded. They behave as before. Reads of programs that the step starts are not found. A file that
 * was written since the watch started is output of the step, not input.
 *
 * @module
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/** More files are not remembered. */
const MAX_FILES = 100;

/** The clock of a file system moves in steps: a file may seem to be this much older. */
const CLOCK_STEP_MS = 10;

/** Files that are code, or configuration of tools: their content is in the key, or no data. */
const CODE = /\.(?:[cm]?[jt]sx?|map|node|wasm)$|(?:^|[\\/])(?:package(?:-lock)?|tsconfig.*)\.json$/;

export interface ReadWatch {
  /** The paths relative to the root, in the order of their first read. */
  readonly files: ReadonlySet<string>;
  stop(): void;
}

/**
 * @param root the project's folder
 * @param ignored folders in it whose files do not count, as absolute paths
 */
export function watchReads(root: string, ignored: readonly string[]): ReadWatch {
  const files = new Set<string>();
  const startedAt = Date.now() - CLOCK_STEP_MS;
  const isOutput = (file: string): boolean =>
    (fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= startedAt;
  const note = (given: unknown, flags: unknown): void => {
    if (files.size >= MAX_FILES || (flags !== undefined && flags !== null && !isRead(flags)))
      return;
    const file = textOf(given);
    const path = file === undefined ? undefined : resolve(file);
    const name = path === undefined ? undefined : dataFile(root, ignored, path);
    if (path !== undefined && name !== undefined && !files.has(name) && !isOutput(path))
      files.add(name);
  };
  const restore = [
    wrap(fs, 'open', (path, flags) => note(path, typeof flags === 'function' ? 'r' : flags)),
    wrap(fs, 'openSync', note),
    wrap(fs, 'readFile', (path, options) => note(path, flagOf(options))),
    wrap(fs, 'readFileSync', (path, options) => note(path, flagOf(options))),
    wrap(fs, 'createReadStream', (path) => note(path, 'r')),
    wrap(fs.promises, 'open', note),
    wrap(fs.promises, 'readFile', (path, options) => note(path, flagOf(options))),
  ];
  syncBuiltinESMExports();
  return {
    files,
    stop() {
      for (const each of restore) each();
      syncBuiltinESMExports();
    },
  };
}

/** Calls `before` with the first two arguments of each call. Returns the function that undoes it. */
function wrap(
  owner: object,
  name: string,
  before: (path: unknown, second: unknown) => void,
): () => void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function') return () => undefined;
  const wrapped = new Proxy(original, {
    apply(target, self, args: unknown[]) {
      try {
        before(args[0], args[1]);
      } catch {
        // A note is never a reason for a failure.
      }
      return Reflect.apply(target, self, args);
    },
  });
  Reflect.set(owner, name, wrapped);
  return () => {
    // A step may have wrapped it again.
    if (Reflect.get(owner, name) === wrapped) Reflect.set(owner, name, original);
  };
}

const isRead = (flags: unknown): boolean =>
  typeof flags === 'number'
    ? (flags & (fs.constants.O_WRONLY | fs.constants.O_CREAT | fs.constants.O_TRUNC)) === 0
    : /^r/.test(String(flags));

const flagOf = (options: unknown): unknown =>
  typeof options === 'object' && options !== null ? Reflect.get(options, 'flag') : undefined;

function textOf(path: unknown): string | undefined {
  if (typeof path === 'string') return path;
  if (path instanceof URL) return path.protocol === 'file:' ? fileURLToPath(path) : undefined;
  return Buffer.isBuffer(path) ? path.toString() : undefined;
}

/** The path relative to the root, if the file is data of the project. */
function dataFile(root: string, ignored: readonly string[], path: string): string | undefined {
  const name = relative(root, path);
  if (name === '' || name.startsWith('..') || ignored.some((folder) => isBelow(folder, path)))
    return undefined;
  const segments = name.split(sep);
  if (segments.includes('node_modules') || segments.some((segment) => segment.startsWith('.')))
    return undefined;
  return CODE.test(name) ? undefined : segments.join('/');
}

const isBelow = (folder: string, path: string): boolean =>
  `${path}${sep}`.startsWith(`${folder}${sep}`);

/** The sentence for the person who started the run; undefined if there is nothing to note. */
export function readsNote(step: string, { files }: ReadWatch): string | undefined {
  const [first] = files;
  if (first === undefined) return undefined;
  const others = files.size === 1 ? '' : ` and ${files.size - 1} more`;
  return `step ${step} is cached and reads ${first}${others}, which is no argument: it stays cached when the file changes. Pass inputFile(${JSON.stringify(first)}) to it`;
}
