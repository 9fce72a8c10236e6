/**
 * Locates the programs of child processes and threads: beside this module in the built package,
 * otherwise their sources, which tsx translates.
 *
 * @module
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface ChildProgram {
  readonly file: string;
  /** Arguments for Node itself. */
  readonly execArgv: readonly string[];
}

/** @param built The file in the package. @param source The source file, below `src`. */
function locateProgram(built: string, source: string): ChildProgram {
  const file = fileURLToPath(new URL(`./${built}`, import.meta.url));
  if (existsSync(file)) return { file, execArgv: [] };
  const tsx = createRequire(import.meta.url).resolve('tsx/esm');
  return {
    file: fileURLToPath(new URL(`../../${source}`, import.meta.url)),
    execArgv: ['--import', pathToFileURL(tsx).href],
  };
}

/** The program of a step's subprocess. */
export const runnerProgram = (): ChildProgram =>
  locateProgram('runner.cjs', 'programs/step-subprocess.ts');

/** The program of a runner whose step runs in a container. */
export const containerShimProgram = (): ChildProgram =>
  locateProgram('container-shim.js', 'programs/container-shim.ts');

/** The program that ends the jobs of a crashed engine. */
export const reaperProgram = (): ChildProgram =>
  locateProgram('reaper.js', 'programs/orphan-reaper.ts');

/**
 * A thread does not accept a loader in its arguments. The program therefore registers tsx before it
 * imports the source.
 */
export function evaluatorProgram(): string | URL {
  const { file, execArgv } = locateProgram('evaluator.js', 'programs/evaluator-thread.ts');
  if (execArgv.length === 0) return file;
  const loader = import.meta.resolve('tsx/esm/api');
  const bootstrap = `import { register } from '${loader}'; register(); await import('${pathToFileURL(file).href}');`;
  return new URL(`data:text/javascript,${encodeURIComponent(bootstrap)}`);
}
