/**
 * Where the programs of other processes and threads are: beside this module in the built package, else their sources, which tsx translates.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Program {
  readonly file: string;
  /** Arguments of Node itself. */
  readonly execArgv: readonly string[];
}

/** `built`: the file in the package; `source`: its source, below `src`. */
function programOf(built: string, source: string): Program {
  const file = fileURLToPath(new URL(`./${built}`, import.meta.url));
  if (existsSync(file)) return { file, execArgv: [] };
  const tsx = createRequire(import.meta.url).resolve('tsx/esm');
  return { file: fileURLToPath(new URL(`../../${source}`, import.meta.url)), execArgv: ['--import', pathToFileURL(tsx).href] };
}

export const runnerProgram = (): Program => programOf('runner.cjs', 'runner/subprocess.ts');
export const evaluatorProgram = (): Program => programOf('evaluator.js', 'evaluator/thread.ts');
