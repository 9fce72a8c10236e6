/**
 * The packages of a step: those that the image brings are used if they satisfy, the others are installed.
 *
 * 1. An installation is a folder named by all that it depends on, whole or absent: what is found there is right, and two containers that share a disk may install at once.
 * 2. Versions are those of the spec; exact ones are installed exactly.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import satisfies from 'semver/functions/satisfies.js';
import { z } from 'zod';
import type { Package } from '../../model/code.ts';
import { type CommandOptions, runCommand } from './command.ts';
import { PreparationError } from './errors.ts';

/** Where images keep packages that all programs share. */
const GLOBAL_FOLDERS = ['/usr/local/lib/node_modules', '/usr/lib/node_modules'];
const manifestSchema = z.looseObject({ version: z.string() });

/**
 * A folder from which all packages can be imported.
 *
 * @param cache the folder of installations
 * @param options `cwd`: where the image or the repository may have packages
 * @throws PreparationError
 */
export async function providePackages(packages: readonly Package[], cache: string, options: CommandOptions): Promise<string> {
  const found = new Map<string, string>();
  for (const wanted of packages) {
    const folder = await provided(wanted, options);
    if (folder !== undefined) found.set(wanted.name, folder);
  }
  const missing = packages.filter(({ name }) => !found.has(name));
  const identity = { packages, found: [...found], abi: process.versions.modules, platform: process.platform, arch: process.arch };
  const home = join(cache, createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32));
  if (await exists(home)) return home;
  const draft = `${home}.${randomUUID()}`;
  await mkdir(join(draft, 'node_modules'), { recursive: true });
  if (missing.length > 0) await install(missing, draft, cache, options);
  for (const [name, folder] of found) {
    const link = join(draft, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    // An installed package may have brought its own.
    await rm(link, { recursive: true, force: true });
    await symlink(folder, link);
  }
  try {
    await rename(draft, home);
  } catch (error) {
    if (!(await exists(home))) throw error;
    await rm(draft, { recursive: true, force: true });
  }
  return home;
}

async function provided({ name, version }: Package, { cwd, env }: CommandOptions): Promise<string | undefined> {
  const folders = [join(cwd, 'node_modules'), ...(env.NODE_PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...GLOBAL_FOLDERS];
  for (const folder of folders) {
    const path = join(folder, name);
    const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const manifest = manifestSchema.safeParse(parsed(text));
    if (manifest.success && satisfies(manifest.data.version, version)) return path;
  }
  return undefined;
}

async function install(packages: readonly Package[], folder: string, cache: string, options: CommandOptions): Promise<void> {
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
  const [file, ...first] = await npm();
  const args = [...first, 'install', '--no-audit', '--no-fund', '--no-update-notifier', '--no-package-lock', '--loglevel=error'];
  const list = packages.map(({ name, version }) => `${name}@${version}`).join(' ');
  try {
    await runCommand(`npm install ${list}`, file, args, { ...options, cwd: folder, env: { npm_config_cache: join(cache, 'npm'), ...options.env } });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (options.signal.aborted) throw error;
    throw new PreparationError('packages', error instanceof Error ? error.message : String(error), error);
  }
}

/** The npm that comes with the runner, run by the runner's Node; else the image's. */
async function npm(): Promise<readonly [string, ...string[]]> {
  const own = fileURLToPath(new URL('./npm/bin/npm-cli.js', import.meta.url));
  return (await exists(own)) ? [process.execPath, own] : ['npm'];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
