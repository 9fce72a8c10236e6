/**
 * Prints in one line whether the tests use real containers. `npm run test:aws` runs it before the
 * suites. In continuous integration (`CI`, or `HEADRACE_DOCKER=required`), as root and with apt, it
 * installs the packages that a Docker engine and the images need. Otherwise it prints which are
 * missing.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isInstalled, NoDockerError, startDocker } from './engine.ts';
import { fetchParts } from './images.ts';

/** Debian's packages, by the programs that they contain. */
const PACKAGES = { dockerd: 'docker.io', docker: 'docker.io', debootstrap: 'debootstrap' } as const;
const INSTALL_TIMEOUT_MS = 300_000;

const mayInstall = (): boolean =>
  process.getuid?.() === 0 &&
  (process.env.CI !== undefined || process.env.HEADRACE_DOCKER === 'required');

async function install(): Promise<void> {
  const missing = new Set<string>();
  for (const [program, name] of Object.entries(PACKAGES))
    if (!(await isInstalled(program))) missing.add(name);
  if (missing.size === 0 || !(await isInstalled('apt-get'))) return;
  const names = [...missing];
  console.log(`Docker: installing ${names.join(', ')} (apt-get)`);
  const options = {
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    timeout: INSTALL_TIMEOUT_MS,
    maxBuffer: 2 ** 26,
  };
  const apt = (...args: readonly string[]) =>
    promisify(execFile)('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], options);
  try {
    await apt('update');
    await apt('install', '--yes', ...names);
  } catch (error) {
    console.log(
      `Docker: apt-get could not install ${names.join(', ')}: ${error instanceof Error ? error.message.slice(-500) : error}`,
    );
  }
}

async function findDocker(): Promise<{ readonly isAvailable: boolean; readonly line: string }> {
  try {
    if (mayInstall()) await install();
    const engine = await startDocker();
    try {
      const version = (await engine.docker('version', '--format', '{{.Server.Version}}')).trim();
      await fetchParts();
      return {
        isAvailable: true,
        line: `Docker: steps of these tests run in real containers (engine ${version} at ${engine.host})`,
      };
    } finally {
      await engine.stop();
    }
  } catch (error) {
    if (!(error instanceof NoDockerError)) throw error;
    return {
      isAvailable: false,
      line: `Docker: steps of these tests run as SUBPROCESSES, not in containers: ${error.message}`,
    };
  }
}

const { isAvailable, line } = await findDocker();
console.log(`\n${'─'.repeat(8)} ${line}\n`);
if (!isAvailable && process.env.HEADRACE_DOCKER === 'required') process.exitCode = 1;
