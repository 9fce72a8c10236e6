/**
 * Programs of Python that the suites use: installed with pip below `node_modules/.cache` by the first who needs them; later starts need no network.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headrace', import.meta.url));

/**
 * The packages in a folder of their own (for `PYTHONPATH`), made whole or not at all, so that two processes may install at once.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function installed(
  name: string,
  version: string,
  requirements: readonly string[],
): Promise<{ readonly python: string; readonly packages: string }> {
  const [python, pythonVersion] = await interpreter();
  const packages = join(CACHE, `${name}-${version}-python-${pythonVersion}`);
  if (await exists(packages)) return { python, packages };
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(join(CACHE, 'installing-'));
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-warn-script-location', '--target', making, ...requirements];
  try {
    await promisify(execFile)(python, pip);
    await rename(making, packages);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (await exists(packages)) return { python, packages };
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `${name} could not be installed (it needs pip and a package index, once): ${reason}\nTry: python3 -m pip install ${requirements.join(' ')}`,
    );
  }
  return { python, packages };
}

async function interpreter(): Promise<readonly [executable: string, version: string]> {
  const name = process.env.HEADRACE_PYTHON ?? 'python3';
  try {
    const { stdout } = await promisify(execFile)(name, ['-c', 'import sys; print(sys.executable); print("%d.%d" % sys.version_info[:2])']);
    const [executable = name, version = '3'] = stdout.trim().split('\n');
    return [executable, version];
  } catch (error) {
    const advice = 'install Python 3.10 or newer with pip (Debian: apt-get install python3 python3-pip), or name it in HEADRACE_PYTHON';
    throw new Error(`the suites need Python, and ${name} does not run: ${advice}`, { cause: error });
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
