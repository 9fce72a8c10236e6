/**
 * A Docker engine for the tests: a running one (`DOCKER_HOST`, or the default socket), or else a
 * new one, which needs root and Debian's `docker.io`. A new engine stops with the process that
 * started it, even if that process crashes.
 *
 * @module
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

export interface DockerEngine {
  /** The address, in the form of `DOCKER_HOST`. */
  readonly host: string;
  /**
   * Runs the command-line client.
   *
   * @throws Error with the client's output if its exit code is not 0
   */
  docker(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/** No engine runs, and none can be started. The message names what is missing and how to get it. */
export class NoDockerError extends Error {}

const DEFAULT_SOCKET = '/var/run/docker.sock';
const START_TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

/** A script that stops the engine at the end of its standard input, and exits with the engine. */
const LAUNCHER =
  'exec 3<&0; dockerd "$@" < /dev/null & engine=$!; cat <&3 > /dev/null & wait -n; kill $engine %2 2> /dev/null; wait $engine';

/** @throws NoDockerError */
export async function startDocker(): Promise<DockerEngine> {
  const existing =
    process.env.DOCKER_HOST ??
    (existsSync(DEFAULT_SOCKET) ? `unix://${DEFAULT_SOCKET}` : undefined);
  if (existing !== undefined && (await responds(existing)))
    return { host: existing, docker: client(existing), stop: async () => undefined };
  await assertStartable();
  return startOwn();
}

async function assertStartable(): Promise<void> {
  if (process.platform !== 'linux')
    throw new NoDockerError('no Docker engine responds: start one, or name it in DOCKER_HOST');
  if (process.getuid?.() !== 0)
    throw new NoDockerError(
      'no Docker engine responds, and only root can start one: start it, or name it in DOCKER_HOST',
    );
  for (const program of ['dockerd', 'docker']) {
    if (!(await isInstalled(program)))
      throw new NoDockerError(
        `no Docker engine responds, and ${program} is not installed: apt-get install docker.io`,
      );
  }
}

async function startOwn(): Promise<DockerEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-docker-'));
  const host = `unix://${folder}/docker.sock`;
  const options = [
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--storage-driver=overlay2',
  ];
  const paths = [
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/exec`,
    `--pidfile=${folder}/pid`,
    `--host=${host}`,
  ];
  const log = join(folder, 'log');
  const launcher = spawn(
    'bash',
    ['-c', `exec 2> ${log}; ${LAUNCHER}`, 'bash', ...options, ...paths],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) => launcher.once('close', () => resolve()));
  const stop = async () => {
    launcher.stdin?.end();
    await ended;
    // The engine does not unmount the network namespace that its containers share with the host.
    await promisify(execFile)('umount', [join(folder, 'exec/netns/default')]).catch(
      () => undefined,
    );
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await responds(host))) {
    if (launcher.exitCode === null && Date.now() < deadline) {
      await pause(100);
      continue;
    }
    const output = (await readFile(log, 'utf8').catch(() => '')).slice(-2000);
    await stop();
    throw new NoDockerError(`a Docker engine could not be started:\n${output}`);
  }
  return { host, docker: client(host), stop };
}

const client =
  (host: string) =>
  async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('docker', args, {
      env: { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '0' },
      maxBuffer: MAX_OUTPUT_BYTES,
    });
    return stdout;
  };

const responds = (host: string): Promise<boolean> =>
  client(host)('version', '--format', '{{.Server.Version}}').then(
    () => true,
    () => false,
  );

export const isInstalled = (program: string): Promise<boolean> =>
  promisify(execFile)('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
