/**
 * The runner's program for tests: built from the sources much as the package builds it.
 *
 * @module
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Returns the path of the program, in `folder`. @param others Further programs to build there, by
 * name.
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
