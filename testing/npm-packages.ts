/**
 * Packages of npm that a suite runs, and the project does not depend on: fetched by the first who
 * needs them, below `node_modules/.cache`; later starts need no network.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../node_modules/.cache/headrace', import.meta.url));

/**
 * The folder of a package, as it was published.
 *
 * @param name with its version: `name@1.2.3`
 * @throws Error that says what is missing, with the command that gets it
 */
export async function npmPackage(name: string): Promise<string> {
  const folder = join(CACHE, name.replace('@', '-'));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', making, name]);
    const archive = join(making, stdout.trim().split('\n').at(-1) ?? '');
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', making]);
    await rm(archive);
    // Somebody else may have been faster.
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} could not be fetched from the npm registry: ${reason}\nTry: npm pack ${name}`,
      { cause: error },
    );
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}
