/**
 * Where the program of a runner's subprocess is: beside this module in the built package, else its source, which tsx translates.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface RunnerProgram {
  readonly file: string;
  /** Arguments of Node itself. */
  readonly execArgv: readonly string[];
}

export function runnerProgram(): RunnerProgram {
  const built = fileURLToPath(new URL('./runner.js', import.meta.url));
  if (existsSync(built)) return { file: built, execArgv: [] };
  const tsx = createRequire(import.meta.url).resolve('tsx/esm');
  return { file: fileURLToPath(new URL('../../runner/subprocess.ts', import.meta.url)), execArgv: ['--import', pathToFileURL(tsx).href] };
}
