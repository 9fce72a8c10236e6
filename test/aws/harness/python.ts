/**
 * Installs the Python programs that the suites use below `node_modules/.cache`, when they are first
 * needed; later starts need no network.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/headrace', import.meta.url));
const UV = '0.13.9';

interface Installed {
  readonly python: string;
  /** A separate folder, for `PYTHONPATH`. */
  readonly packages: string;
}

/**
 * Installs packages with pip.
 *
 * @throws Error with what is missing and how to get it
 */
export async function installWithPip(
  name: string,
  version: string,
  requirements: readonly string[],
): Promise<Installed> {
  const { executable, version: pythonVersion } = await interpreter();
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-warn-script-location',
    '--target',
  ];
  const packages = await cached(`${name}-${version}-python-${pythonVersion}`, async (folder) => {
    await run(executable, [...pip, folder, ...requirements]).catch((error: unknown) => {
      throw new Error(
        `${installError(name, error)}\nTry: python3 -m pip install ${requirements.join(' ')}`,
        { cause: error },
      );
    });
  });
  return { python: executable, packages };
}

/**
 * Installs all packages of a file that pins each of them, with uv, which pip installs: uv is much
 * faster for many packages.
 *
 * @param pythonVersion the version for which they were pinned
 * @throws Error with what is missing and how to get it
 */
export async function installWithUv(
  name: string,
  version: string,
  file: string,
  pythonVersion: string,
): Promise<Installed> {
  const { executable } = await interpreter(pythonVersion);
  const pins = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
    .slice(0, 8);
  const packages = await cached(
    `${name}-${version}-${pins}-python-${pythonVersion}`,
    async (folder) => {
      const uv = join((await installWithPip('uv', UV, [`uv==${UV}`])).packages, 'bin/uv');
      await run(uv, [
        'pip',
        'install',
        '--quiet',
        '--no-deps',
        '--python',
        executable,
        '--target',
        folder,
        '--requirement',
        file,
      ]).catch((error: unknown) => {
        throw new Error(
          `${installError(name, error)}\nTry: ${executable} -m pip install --no-deps -r ${file}`,
          { cause: error },
        );
      });
    },
  );
  return { python: executable, packages };
}

const installError = (name: string, error: unknown): string =>
  `${name} could not be installed (it needs a package index, once): ${error instanceof Error ? error.message : error}`;

/** A folder of the cache. It is created atomically, so that two processes may create it at once. */
async function cached(name: string, create: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (await exists(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const installing = await mkdtemp(join(CACHE, 'installing-'));
  try {
    await create(installing);
    await rename(installing, folder);
  } catch (error) {
    await rm(installing, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

interface Interpreter {
  readonly executable: string;
  /** `3.13` */
  readonly version: string;
}

/** @param required the only accepted version */
async function interpreter(required?: string): Promise<Interpreter> {
  const { HEADRACE_PYTHON: configured } = process.env;
  const candidates =
    required === undefined
      ? [configured ?? 'python3']
      : [
          ...(configured === undefined ? [] : [configured]),
          `python${required}`,
          'python3',
          ...(await ofPyenv(required)),
        ];
  for (const candidate of candidates) {
    const found = await inspect(candidate);
    if (found !== undefined && (required === undefined || found.version === required)) return found;
  }
  const which = required ?? '3.10 or newer, with pip';
  const how =
    required === undefined
      ? 'Debian: apt-get install python3 python3-pip'
      : `pyenv install ${required}, or uv python install ${required}, or a package of your system`;
  throw new Error(
    `the suites need Python ${which}, but found only: ${candidates.join(', ')}. Install it (${how}), or set HEADRACE_PYTHON to its path`,
  );
}

async function inspect(name: string): Promise<Interpreter | undefined> {
  try {
    const { stdout } = await run(name, [
      '-c',
      'import sys; print(sys.executable); print("%d.%d" % sys.version_info[:2])',
    ]);
    const [executable = name, version = '3'] = stdout.trim().split('\n');
    return { executable, version };
  } catch {
    return undefined;
  }
}

/** Executables of pyenv, which are not in the PATH. */
async function ofPyenv(version: string): Promise<readonly string[]> {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  const names = await readdir(versions).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${version}.`))
    .map((name) => join(versions, name, 'bin', `python${version}`));
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
