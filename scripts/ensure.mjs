/**
 * Makes a fresh clone ready: runs `npm ci` if the installed packages differ from the lock file,
 * then the build if sources changed. It runs before `npm run demo`, `npm test` and other scripts,
 * and needs only Node: it must not import a package.
 *
 *     node scripts/ensure.mjs [--types]
 *
 * It prints to stderr only, because the command that follows may print a document to stdout.
 *
 * @module
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The oldest Node.js that `engines` allows. */
const OLDEST_NODE = [20, 19];

/** @param {string} path */
const readJson = (path) => JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8'));

/**
 * Returns the first package whose installed version differs from the lock file, or `undefined` if
 * there is none. Optional packages (binaries of other platforms) may be absent.
 *
 * @returns {string | undefined}
 */
function findStalePackage() {
  if (!existsSync(`${ROOT}node_modules/.package-lock.json`)) return 'node_modules';
  /** @type {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} */
  const locked = readJson('package-lock.json').packages;
  const installed = readJson('node_modules/.package-lock.json').packages;
  for (const [path, { version, optional, devOptional }] of Object.entries(locked)) {
    if (path === '') continue;
    const found = installed[path]?.version;
    if (found === undefined ? !(optional || devOptional) : found !== version) return path;
  }
  return undefined;
}

function install() {
  const stale = findStalePackage();
  if (stale === undefined) return;
  console.error(`Installing the locked packages (${stale} is absent or differs) …`);
  const npm = process.env.npm_execpath;
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { status, error } = spawnSync(
    command,
    [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'],
    {
      cwd: ROOT,
      stdio: ['ignore', 2, 2],
      shell: process.platform === 'win32' && command === 'npm',
      // The build follows here, so `prepare` need not run it.
      env: { ...process.env, HEADRACE_NO_PREPARE: '1' },
    },
  );
  if (status !== 0) {
    console.error(
      `npm ci failed${error ? `: ${error.message}` : ` with exit code ${status}`}. Its output above names the reason.`,
    );
    process.exit(1);
  }
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
  console.error(
    `Headrace needs Node.js ${OLDEST_NODE.join('.')} or newer; this is ${process.versions.node}.`,
  );
  process.exit(1);
}
install();
const { build } = await import('./build.mjs');
await build({ types: process.argv.includes('--types') });
