/**
 * Makes a fresh clone ready: `npm ci` if the installed packages are not those of the lock file,
 * then the build if sources changed. Runs before `npm run demo`, `npm test` and the like, with
 * nothing but Node: it must not import a package.
 *
 *     node scripts/ensure.mjs [--types]
 *
 * Everything it says goes to stderr: the command that follows may print a document to stdout.
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
 * The first locked package that is not installed as locked; `undefined` if all are. Optional ones
 * (binaries of other platforms) may be absent.
 *
 * @returns {string | undefined}
 */
function unlike() {
  if (!existsSync(`${ROOT}node_modules/.package-lock.json`)) return 'node_modules';
  /** @type {Record<string, { version?: string, optional?: boolean, devOptional?: boolean }>} */
  const locked = readJson('package-lock.json').packages;
  const installed = readJson('node_modules/.package-lock.json').packages;
  for (const [path, { version, optional, devOptional }] of Object.entries(locked)) {
    if (path === '') continue;
    const there = installed[path]?.version;
    if (there === undefined ? !(optional || devOptional) : there !== version) return path;
  }
  return undefined;
}

function install() {
  const stale = unlike();
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
      // The build is what follows: no need for `prepare` to run it, too.
      env: { ...process.env, HEADRACE_NO_PREPARE: '1' },
    },
  );
  if (status !== 0) {
    console.error(
      `npm ci failed${error ? `: ${error.message}` : ` with exit code ${status}`}. What it printed above says why.`,
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
