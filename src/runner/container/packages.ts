/**
 * The packages of a step. Packages of the image are used if their versions satisfy the spec. Others
 * are installed, or downloaded if an earlier container stored them.
 *
 * 1. An installation is a folder whose name is the hash of all that it depends on. It is complete
 *    or absent, so an existing one is correct, and two containers that share a disk can install
 *    concurrently.
 * 2. Versions are those of the spec, for packages and for everything that they need. Only
 *    installations of exact versions are stored for other containers, because a range is resolved
 *    when it is installed.
 * 3. A package of the image is used with the dependencies that it has there: they are a part of the
 *    image.
 *
 * @module
 */
import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import satisfies from 'semver/functions/satisfies.js';
import isExact from 'semver/functions/valid.js';
import { z } from 'zod';
import type { Package } from '../../model/code.ts';
import { messageOf } from '../../sdk/value-errors.ts';
import { type CommandOptions, runCommand } from './command.ts';
import { PreparationError } from './errors.ts';
import { npmCommand } from './npm-program.ts';
import type { PackageStore } from './package-store.ts';

/** The folders where images have packages that all programs share. */
const GLOBAL_FOLDERS = ['/usr/local/lib/node_modules', '/usr/lib/node_modules'];
const manifestSchema = z.looseObject({ version: z.string() });

/**
 * A folder from which all packages can be imported.
 *
 * @param cache the folder of installations
 * @param options `cwd`: the folder where the image or the repository may have packages
 * @param store stores installations for other containers
 * @throws PreparationError
 */
export async function providePackages(
  packages: readonly Package[],
  cache: string,
  options: CommandOptions,
  store?: PackageStore,
): Promise<string> {
  const found = new Map<string, string>();
  for (const wanted of packages) {
    const folder = await findProvided(wanted, options);
    if (folder !== undefined) found.set(wanted.name, folder);
  }
  const missing = packages.filter(({ name }) => !found.has(name));
  const identity = {
    packages,
    found: [...found],
    abi: process.versions.modules,
    platform: process.platform,
    arch: process.arch,
  };
  const home = join(
    cache,
    createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 32),
  );
  if (await exists(home)) return home;
  const temporaryFolder = `${home}.${randomUUID()}`;
  await mkdir(join(temporaryFolder, 'node_modules'), { recursive: true });
  if (missing.length > 0) await installOrRestore(missing, temporaryFolder, cache, options, store);
  for (const [name, folder] of found) {
    const link = join(temporaryFolder, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    // An installed package may contain its own.
    await rm(link, { recursive: true, force: true });
    await symlink(folder, link);
  }
  try {
    await rename(temporaryFolder, home);
  } catch (error) {
    if (!(await exists(home))) throw error;
    await rm(temporaryFolder, { recursive: true, force: true });
  }
  return home;
}

async function findProvided(
  { name, version }: Package,
  { cwd, env }: CommandOptions,
): Promise<string | undefined> {
  const folders = [
    join(cwd, 'node_modules'),
    ...(env.NODE_PATH ?? '').split(delimiter).filter((folder) => folder !== ''),
    ...GLOBAL_FOLDERS,
  ];
  for (const folder of folders) {
    const path = join(folder, name);
    const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const manifest = manifestSchema.safeParse(parseJson(text));
    // An alias (`npm:name@1.0.0`) is installed under another name than its own.
    const range = version.replace(/^npm:@?[^@]+@/, '');
    if (manifest.success && satisfies(manifest.data.version, range)) return path;
  }
  return undefined;
}

async function installOrRestore(
  packages: readonly Package[],
  folder: string,
  cache: string,
  options: CommandOptions,
  store: PackageStore | undefined,
): Promise<void> {
  if (store === undefined || !packages.every(({ version }) => isExact(version) !== null))
    return install(packages, folder, cache, options);
  const identity = await identityOf(packages, options.env);
  if (await store.restore(identity, folder, options.signal)) return;
  await install(packages, folder, cache, options);
  await store.save(identity, folder, options.signal);
}

/**
 * Everything that an installation depends on: the packages, the registry, the Node.js version and
 * the system libraries.
 */
async function identityOf(packages: readonly Package[], env: NodeJS.ProcessEnv): Promise<string> {
  const text = (path: string) => readFile(path, 'utf8').catch(() => '');
  const settings = Object.entries(env)
    .filter(([name]) => /^npm_config_/i.test(name))
    .map(([name, value]) => [name.toLowerCase(), value] as const);
  const identity = {
    packages: packages.map(textOf).sort(),
    node: process.version,
    platform: [process.platform, process.arch, await text('/etc/os-release')],
    npm: [settings.sort(), env.HOME === undefined ? '' : await text(join(env.HOME, '.npmrc'))],
  };
  return createHash('sha256').update(JSON.stringify(identity)).digest('hex');
}

/** Without dependencies, as earlier versions wrote it. */
const textOf = ({ name, version, dependencies }: Package): string =>
  dependencies === undefined
    ? `${name}@${version}`
    : `${name}@${version} ${JSON.stringify(dependencies)}`;

type Overrides = { [name: string]: string | Overrides };

/**
 * npm's `overrides` for one package: exact versions of everything that it needs. npm compares a key
 * `name@version` with the requested range, not with the version, so that what a package needs itself
 * is nested into the entry that determines its version.
 */
function overridesOf(dependencies: Readonly<Record<string, string>>): Overrides {
  const byParent = new Map<string, [string, string][]>();
  for (const [key, version] of Object.entries(dependencies)) {
    const border = key.indexOf('>');
    const parent = key.slice(0, Math.max(0, border));
    byParent.set(parent, [...(byParent.get(parent) ?? []), [key.slice(border + 1), version]]);
  }
  const rulesOf = (parent: string, above: readonly string[]): Overrides =>
    Object.fromEntries(
      (byParent.get(parent) ?? []).map(([name, version]) => {
        const identity = `${name}@${version}`;
        const nested = above.includes(identity) ? {} : rulesOf(identity, [...above, identity]);
        return [
          name,
          Object.keys(nested).length === 0 ? version : { '.': version, ...nested },
        ] as const;
      }),
    );
  return rulesOf('', []);
}

async function install(
  packages: readonly Package[],
  folder: string,
  cache: string,
  options: CommandOptions,
): Promise<void> {
  const dependencies = Object.fromEntries(packages.map(({ name, version }) => [name, version]));
  const overrides = Object.fromEntries(
    packages.flatMap(({ name, dependencies: needed }) =>
      needed === undefined ? [] : [[name, overridesOf(needed)]],
    ),
  );
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies, overrides }),
  );
  const args = [
    'install',
    '--no-audit',
    '--no-fund',
    '--no-update-notifier',
    '--no-package-lock',
    '--loglevel=error',
  ];
  const list = packages.map(({ name, version }) => `${name}@${version}`).join(' ');
  try {
    const [file, ...npmArgs] = await npmCommand(cache, options);
    await runCommand(`npm install ${list}`, file, [...npmArgs, ...args], {
      ...options,
      cwd: folder,
      env: { npm_config_cache: join(cache, 'npm'), ...options.env },
    });
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (options.signal.aborted || error instanceof PreparationError) throw error;
    throw new PreparationError('packages', messageOf(error), error);
  }
}

function parseJson(text: string): unknown {
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
