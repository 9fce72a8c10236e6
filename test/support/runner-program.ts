/**
 * The runner's program for tests, built from the sources like the program of the package.
 *
 * @module
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Builds the program in `folder` and returns its path.
 *
 * @param others further programs to build there, by name
 */
export async function buildRunner(
  folder: string,
  others: Readonly<Record<string, string>> = {},
): Promise<string> {
  await build({
    cwd: ROOT,
    input: { ...others, runner: 'src/programs/step-subprocess.ts' },
    platform: 'node',
    external: [/^node:/],
    treeshake: { moduleSideEffects: false, manualPureFunctions: ['z'] },
    output: {
      dir: folder,
      format: 'esm',
      entryFileNames: '[name].mjs',
      chunkFileNames: '[name]-[hash].mjs',
    },
    logLevel: 'silent',
  });
  return join(folder, 'runner.mjs');
}
