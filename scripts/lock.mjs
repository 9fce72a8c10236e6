/**
 * Adds the optional packages of other platforms to package-lock.json.
 *
 *     node scripts/lock.mjs            adds missing entries
 *     node scripts/lock.mjs --check    fails if an entry is missing or the file names a registry
 *
 * npm omits an optional package from the lock file if the registry does not serve it at that
 * moment. `npm ci` then rejects the file on every machine. The missing entries follow from the
 * dependent package: its exact version, and the platform in the name.
 *
 * @module
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {{ version: string, optional?: boolean, dev?: boolean, resolved?: string,
 *   optionalDependencies?: Record<string, string> }} Entry
 */

const FILE = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/**
 * Returns the entry that Node would resolve `name` to in the package at `path`.
 *
 * @param {Record<string, Entry>} packages
 * @param {string} path
 * @param {string} name
 */
function resolve(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const candidate = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[candidate] !== undefined) return packages[candidate];
    if (at === '') return undefined;
  }
}

/**
 * Returns the entry of a platform's package.
 *
 * @param {string} name
 * @param {string} version
 * @param {Entry} dependent
 */
function platformEntry(name, version, dependent) {
  const words = name.split(/[/_-]/);
  const pick = (/** @type {string[]} */ known) => known.filter((word) => words.includes(word));
  const [os, cpu] = [pick(SYSTEMS), pick(PROCESSORS)];
  const libc = words.some((word) => word.startsWith('musl'))
    ? ['musl']
    : words.some((word) => word.startsWith('gnu'))
      ? ['glibc']
      : [];
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(dependent.dev && { dev: true }),
    ...(libc.length > 0 && { libc }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

/** Returns the missing entries by path. @param {Record<string, Entry>} packages */
function missingEntries(packages) {
  /** @type {Record<string, Entry>} */
  const missing = {};
  for (const [path, dependent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(dependent.optionalDependencies ?? {})) {
      const resolved = resolve(packages, path, name);
      if (!/^\d/.test(version) || resolved?.version === version) continue;
      missing[resolved === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`] =
        platformEntry(name, version, dependent);
    }
  }
  return missing;
}

/**
 * Returns optional packages that are missing and that the dependent package names by a range: which
 * version is missing is unknown. @param {Record<string, Entry>} packages
 */
const unknownEntries = (packages) =>
  Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.entries(optionalDependencies)
      .filter(
        ([name, version]) => !/^\d/.test(version) && resolve(packages, path, name) === undefined,
      )
      .map(([name, version]) => `${name}@${version} of ${path}`),
  );

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = missingEntries(lock.packages);
const addedPaths = Object.keys(added);
if (process.argv.includes('--check')) {
  const withRegistry = Object.entries(/** @type {Record<string, Entry>} */ (lock.packages)).filter(
    ([, { resolved }]) => resolved !== undefined,
  );
  for (const path of addedPaths)
    console.error(`package-lock.json lacks ${path}: run node scripts/lock.mjs`);
  const unknown = unknownEntries(lock.packages);
  for (const each of unknown)
    console.error(
      `package-lock.json lacks ${each}, so that npm ci refuses it: use a version of the dependent package whose optional packages the registry serves`,
    );
  for (const [path] of withRegistry)
    console.error(
      `package-lock.json names the registry of ${path}: run npm config set omit-lockfile-registry-resolved true, then npm install`,
    );
  process.exitCode = addedPaths.length + unknown.length + withRegistry.length > 0 ? 1 : 0;
} else if (addedPaths.length > 0) {
  lock.packages = Object.fromEntries(
    Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${addedPaths.length} optional packages of other platforms`);
}
