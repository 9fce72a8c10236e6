/**
 * npm packages that a test suite runs and the project does not depend on. The first use downloads
 * them to `node_modules/.cache`; later uses need no network.
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
 * Returns the folder of a package, as it was published.
 *
 * @param name with its version: `name@1.2.3`
 * @throws Error with the reason, and the command that downloads the package
 */
export async function npmPackage(name: string): Promise<string> {
  const folder = join(CACHE, name.replace('@', '-'));
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const download = await mkdtemp(join(CACHE, 'fetching-'));
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', download, name]);
    const archive = join(download, stdout.trim().split('\n').at(-1) ?? '');
    await run('tar', ['-xzf', archive, '--strip-components=1', '-C', download]);
    await rm(archive);
    // Another process may have made the folder in the meantime.
    await rename(download, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} could not be fetched from the npm registry: ${reason}\nTry: npm pack ${name}`,
      { cause: error },
    );
  } finally {
    await rm(download, { recursive: true, force: true });
  }
  return folder;
}
