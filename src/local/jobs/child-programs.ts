/**
 * Where the programs of other processes and threads are: beside this module in the built package, else their sources, which tsx translates.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface ChildProgram {
  readonly file: string;
  /** Arguments of Node itself. */
  readonly execArgv: readonly string[];
}

/** `built`: the file in the package; `source`: its source, below `src`. */
function locateProgram(built: string, source: string): ChildProgram {
  const file = fileURLToPath(new URL(`./${built}`, import.meta.url));
  if (existsSync(file)) return { file, execArgv: [] };
  const tsx = createRequire(import.meta.url).resolve('tsx/esm');
  return {
    file: fileURLToPath(new URL(`../../${source}`, import.meta.url)),
    execArgv: ['--import', pathToFileURL(tsx).href],
  };
}

export const runnerProgram = (): ChildProgram =>
  locateProgram('runner.cjs', 'programs/step-subprocess.ts');
/** A thread takes no loader from its arguments: from its source, the program begins by registering it. */
export function evaluatorProgram(): string | URL {
  const { file, execArgv } = locateProgram('evaluator.js', 'programs/evaluator-thread.ts');
  if (execArgv.length === 0) return file;
  const loader = import.meta.resolve('tsx/esm/api');
  const bootstrap = `import { register } from '${loader}'; register(); await import('${pathToFileURL(file).href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(bootstrap)}`);
}
