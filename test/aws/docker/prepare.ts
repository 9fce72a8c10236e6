/**
 * Says in one line whether the tests' containers will be real, before the suite begins:
 * `npm run test:aws` does it first. On a machine of continuous integration (`CI`, or
 * `HEADRACE_DOCKER=required`) where it is root and there is apt, it installs what a Docker engine
 * and the tests' images need; anywhere else it says what to install.
 *
 * @module
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isInstalled, NoDockerError, startDocker } from './engine.ts';
import { fetchParts } from './images.ts';

/** Debian's packages, by a program of each. */
const PACKAGES = { dockerd: 'docker.io', docker: 'docker.io', debootstrap: 'debootstrap' } as const;
const INSTALL_MILLISECONDS = 300_000;

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
    timeout: INSTALL_MILLISECONDS,
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

async function verdict(): Promise<{ readonly real: boolean; readonly line: string }> {
  try {
    if (mayInstall()) await install();
    const engine = await startDocker();
    try {
      const version = (await engine.docker('version', '--format', '{{.Server.Version}}')).trim();
      await fetchParts();
      return {
        real: true,
        line: `Docker: steps of these tests run in real containers (engine ${version} at ${engine.host})`,
      };
    } finally {
      await engine.stop();
    }
  } catch (error) {
    if (!(error instanceof NoDockerError)) throw error;
    return {
      real: false,
      line: `Docker: steps of these tests run as SUBPROCESSES, not in containers: ${error.message}`,
    };
  }
}

const { real, line } = await verdict();
console.log(`\n${'─'.repeat(8)} ${line}\n`);
if (!real && process.env.HEADRACE_DOCKER === 'required') process.exitCode = 1;
