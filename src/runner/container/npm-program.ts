/**
 * The npm that installs the packages of a step.
 *
 * 1. The npm beside the runner comes first, run by the runner's Node; then the one of the `PATH`.
 * 2. A Lambda environment may have neither. npm is then downloaded from the configured registry, once
 *    for each environment. Its version and SHA-512 are fixed here, so that no registry can replace it.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, constants, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '../../sdk/value-errors.ts';
import { PreparationError } from './errors.ts';

/** A published version of npm. */
export interface NpmRelease {
  readonly version: string;
  /** SHA-512 of the tarball, in base64. */
  readonly sha512: string;
}

/** The program and its first arguments. */
export type NpmCommand = readonly [string, ...string[]];

const RELEASE: NpmRelease = {
  version: '11.19.1',
  sha512:
    'ztsxKxt/kkIaAs+2i0GU6I+DRmUdrNasxTZKJe9TCdSjKxlhah/4r/hl5ygMD6XAg1qZ9c2TNomR4qgOydp10g==',
};
const DEFAULT_REGISTRY = 'https://registry.npmjs.org/';
const TIMEOUT_MS = 60_000;

/**
 * @param cache the folder where a downloaded npm is kept
 * @throws PreparationError
 */
export async function npmCommand(
  cache: string,
  { env, signal }: { readonly env: NodeJS.ProcessEnv; readonly signal: AbortSignal },
  release: NpmRelease = RELEASE,
): Promise<NpmCommand> {
  const own = fileURLToPath(new URL('./npm/bin/npm-cli.js', import.meta.url));
  if (await canAccess(own)) return [process.execPath, own];
  for (const folder of (env.PATH ?? '').split(delimiter))
    if (folder !== '' && (await canAccess(join(folder, 'npm'), constants.X_OK))) return ['npm'];
  return [process.execPath, await downloadNpm(cache, registryOf(env), signal, release)];
}

/** Returns the path of the program. */
async function downloadNpm(
  cache: string,
  registry: string,
  signal: AbortSignal,
  { version, sha512 }: NpmRelease,
): Promise<string> {
  const home = join(cache, `npm-${version}`);
  const program = join(home, 'bin/npm-cli.js');
  if (await canAccess(program)) return program;
  const url = new URL(`npm/-/npm-${version}.tgz`, registry);
  const temporaryFolder = `${home}.${randomUUID()}`;
  try {
    await mkdir(temporaryFolder, { recursive: true });
    const file = join(temporaryFolder, 'npm.tgz');
    await writeFile(file, await fetchVerified(url, sha512, signal));
    const { extract } = await import('tar');
    await extract({ cwd: temporaryFolder, file, strict: true });
    await rename(join(temporaryFolder, 'package'), home);
  } catch (error) {
    signal.throwIfAborted();
    // Another step may have been faster.
    if (!(await canAccess(program)))
      throw new PreparationError(
        'packages',
        `there is no npm, and ${url} cannot be used: ${reasonOf(error)}. The step must reach that registry. Without it, use a queue on Fargate or EC2 and an image that has the packages`,
        error,
      );
  } finally {
    await rm(temporaryFolder, { recursive: true, force: true });
  }
  return program;
}

async function fetchVerified(url: URL, sha512: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
  });
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  const content = Buffer.from(await response.arrayBuffer());
  if (createHash('sha512').update(content).digest('base64') !== sha512)
    throw new Error('its SHA-512 is not the expected one');
  return content;
}

/** npm reads variables without regard to case. The URL ends with a slash. */
function registryOf(env: NodeJS.ProcessEnv): string {
  const [, registry = ''] =
    Object.entries(env).find(([name]) => name.toLowerCase() === 'npm_config_registry') ?? [];
  return registry === '' ? DEFAULT_REGISTRY : registry.replace(/\/*$/, '/');
}

/** `fetch` wraps the error of the connection. */
const reasonOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? `${messageOf(error)}: ${messageOf(error.cause)}`
    : messageOf(error);

const canAccess = (path: string, mode?: number): Promise<boolean> =>
  access(path, mode).then(
    () => true,
    () => false,
  );
