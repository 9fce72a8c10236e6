/**
 * Finds the home: the folder that stores runs and objects.
 *
 * @module
 */
import { existsSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { workspaceRoot } from './workspace.ts';

/**
 * `--home`, else `HEADRACE_HOME`, else `.headrace` in the project's root. All packages of a
 * workspace have one home.
 */
export function findHome(
  option: string | undefined,
  from: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  if (option !== undefined) return resolve(option);
  if (env.HEADRACE_HOME) return resolve(env.HEADRACE_HOME);
  return join(projectRoot(from), '.headrace');
}

/** The options with which a command in the folder `from` finds the home. */
export function homeTarget(
  home: string,
  from: string = process.cwd(),
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  if (resolve(home) === findHome(undefined, from, env)) return [];
  const path = relative(from, resolve(home));
  return ['--home', path.startsWith('..') ? resolve(home) : path];
}

/**
 * The nearest folder at or above `from` with a `package.json`, or the root of the workspace that
 * this package belongs to; without a `package.json`, the folder itself.
 */
function projectRoot(from: string): string {
  const start = startFolder(resolve(from));
  for (let folder = start; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return workspaceRoot(folder);
    if (dirname(folder) === folder) return start;
  }
}

const startFolder = (path: string): string =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : dirname(path);
