/**
 * Completes package-lock.json by the optional packages of other platforms.
 *
 *     node scripts/lock.mjs            adds what is missing
 *     node scripts/lock.mjs --check    fails if something is missing, or if the file names a registry
 *
 * npm leaves an optional package out of the lock file when the registry that it asks does not serve
 * it at that moment, and then `npm ci` refuses the file everywhere. The entries follow from the
 * dependent alone: its exact version, and the platform in the name.
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
 * Where Node would find `name` for the package at `path`. @param {Record<string, Entry>} packages
 * @param {string} path @param {string} name
 */
function resolve(packages, path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    const place = `${at === '' ? '' : `${at}/`}node_modules/${name}`;
    if (packages[place] !== undefined) return packages[place];
    if (at === '') return undefined;
  }
}

/**
 * The entry of a platform's package. @param {string} name @param {string} version @param {Entry}
 * dependent
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

/** Entries that are missing, by place. @param {Record<string, Entry>} packages */
function missing(packages) {
  /** @type {Record<string, Entry>} */
  const found = {};
  for (const [path, dependent] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(dependent.optionalDependencies ?? {})) {
      const there = resolve(packages, path, name);
      if (!/^\d/.test(version) || there?.version === version) continue;
      found[there === undefined ? `node_modules/${name}` : `${path}/node_modules/${name}`] =
        platformEntry(name, version, dependent);
    }
  }
  return found;
}

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const added = missing(lock.packages);
const places = Object.keys(added);
if (process.argv.includes('--check')) {
  const hosts = Object.entries(/** @type {Record<string, Entry>} */ (lock.packages)).filter(
    ([, { resolved }]) => resolved !== undefined,
  );
  for (const place of places)
    console.error(`package-lock.json lacks ${place}: run node scripts/lock.mjs`);
  for (const [place] of hosts)
    console.error(
      `package-lock.json names the registry of ${place}: run npm config set omit-lockfile-registry-resolved true, then npm install`,
    );
  process.exitCode = places.length + hosts.length > 0 ? 1 : 0;
} else if (places.length > 0) {
  lock.packages = Object.fromEntries(
    Object.entries({ ...lock.packages, ...added }).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(`package-lock.json: added ${places.length} optional packages of other platforms`);
}
