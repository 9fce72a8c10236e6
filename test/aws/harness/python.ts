/**
 * Programs of Python that the suites use: installed below `node_modules/.cache` by the first who
 * needs them; later starts need no network.
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
  /** A folder of their own, for `PYTHONPATH`. */
  readonly packages: string;
}

/**
 * The packages, by pip.
 *
 * @throws Error that says what is missing, with the command that gets it
 */
export async function installed(
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
  const packages = await made(`${name}-${version}-python-${pythonVersion}`, async (folder) => {
    await run(executable, [...pip, folder, ...requirements]).catch((error: unknown) => {
      throw new Error(
        `${couldNot(name, error)}\nTry: python3 -m pip install ${requirements.join(' ')}`,
        { cause: error },
      );
    });
  });
  return { python: executable, packages };
}

/**
 * All the packages of a file that pins each, by uv, which pip brings: many packages are quickly
 * there.
 *
 * @param pythonVersion the one that they were pinned for
 * @throws Error that says what is missing, with the command that gets it
 */
export async function installedByUv(
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
  const packages = await made(
    `${name}-${version}-${pins}-python-${pythonVersion}`,
    async (folder) => {
      const uv = join((await installed('uv', UV, [`uv==${UV}`])).packages, 'bin/uv');
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
          `${couldNot(name, error)}\nTry: ${executable} -m pip install --no-deps -r ${file}`,
          { cause: error },
        );
      });
    },
  );
  return { python: executable, packages };
}

const couldNot = (name: string, error: unknown): string =>
  `${name} could not be installed (it needs a package index, once): ${error instanceof Error ? error.message : error}`;

/** A folder of the cache, made whole or not at all, so that two processes may make it at once. */
async function made(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(CACHE, name);
  if (await exists(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const making = await mkdtemp(join(CACHE, 'installing-'));
  try {
    await make(making);
    await rename(making, folder);
  } catch (error) {
    await rm(making, { recursive: true, force: true });
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

interface Interpreter {
  readonly executable: string;
  /** `3.13` */
  readonly version: string;
}

/** @param wanted this version and no other */
async function interpreter(wanted?: string): Promise<Interpreter> {
  const { HEADRACE_PYTHON: given } = process.env;
  const places =
    wanted === undefined
      ? [given ?? 'python3']
      : [
          ...(given === undefined ? [] : [given]),
          `python${wanted}`,
          'python3',
          ...(await ofPyenv(wanted)),
        ];
  for (const place of places) {
    const found = await asked(place);
    if (found !== undefined && (wanted === undefined || found.version === wanted)) return found;
  }
  const which = wanted ?? '3.10 or newer, with pip';
  const how =
    wanted === undefined
      ? 'Debian: apt-get install python3 python3-pip'
      : `pyenv install ${wanted}, or uv python install ${wanted}, or a package of your system`;
  throw new Error(
    `the suites need Python ${which}, and none of these is one: ${places.join(', ')}. Get it (${how}), or name it in HEADRACE_PYTHON`,
  );
}

async function asked(name: string): Promise<Interpreter | undefined> {
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

/** pyenv has a version without offering it. */
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
