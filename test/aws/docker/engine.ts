/**
 * A Docker engine for the tests: the one that is there (`DOCKER_HOST`, or the usual socket), else
 * one of their own, started by hand, which takes root and Debian's `docker.io`. It ends with the
 * process that started it, however that ends.
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
  /** As `DOCKER_HOST` has it. */
  readonly host: string;
  /**
   * Runs the command-line client. @throws Error with what it printed, if it ends with another code
   * than 0
   */
  docker(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

/**
 * No engine is there, and none can be started. The message says what is missing, and what gets it.
 */
export class NoDockerError extends Error {}

const USUAL_SOCKET = '/var/run/docker.sock';
const READY_WITHIN_MS = 60_000;
const OUTPUT_BYTES = 64 * 2 ** 20;

/** Ends the engine when its own standard input ends, and itself when the engine does. */
const LAUNCHER =
  'exec 3<&0; dockerd "$@" < /dev/null & engine=$!; cat <&3 > /dev/null & wait -n; kill $engine %2 2> /dev/null; wait $engine';

/** @throws NoDockerError */
export async function startDocker(): Promise<DockerEngine> {
  const given =
    process.env.DOCKER_HOST ?? (existsSync(USUAL_SOCKET) ? `unix://${USUAL_SOCKET}` : undefined);
  if (given !== undefined && (await answers(given)))
    return { host: given, docker: client(given), stop: async () => undefined };
  await mustBeStartable();
  return startOwn();
}

async function mustBeStartable(): Promise<void> {
  if (process.platform !== 'linux')
    throw new NoDockerError('no Docker engine answers: start one, or name it in DOCKER_HOST');
  if (process.getuid?.() !== 0)
    throw new NoDockerError(
      'no Docker engine answers, and only root can start one: start it, or name it in DOCKER_HOST',
    );
  for (const program of ['dockerd', 'docker']) {
    if (!(await isInstalled(program)))
      throw new NoDockerError(
        `no Docker engine answers, and ${program} is not installed: apt-get install docker.io`,
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
  const places = [
    `--data-root=${folder}/data`,
    `--exec-root=${folder}/exec`,
    `--pidfile=${folder}/pid`,
    `--host=${host}`,
  ];
  const log = join(folder, 'log');
  const launcher = spawn(
    'bash',
    ['-c', `exec 2> ${log}; ${LAUNCHER}`, 'bash', ...options, ...places],
    { detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  const ended = new Promise<void>((resolve) => launcher.once('close', () => resolve()));
  const stop = async () => {
    launcher.stdin?.end();
    await ended;
    // The engine leaves the mount of the network that its containers shared with the machine.
    await promisify(execFile)('umount', [join(folder, 'exec/netns/default')]).catch(
      () => undefined,
    );
    await rm(folder, { recursive: true, force: true });
  };
  const deadline = Date.now() + READY_WITHIN_MS;
  while (!(await answers(host))) {
    if (launcher.exitCode === null && Date.now() < deadline) {
      await pause(100);
      continue;
    }
    const said = (await readFile(log, 'utf8').catch(() => '')).slice(-2000);
    await stop();
    throw new NoDockerError(`a Docker engine could not be started here:\n${said}`);
  }
  return { host, docker: client(host), stop };
}

const client =
  (host: string) =>
  async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)('docker', args, {
      env: { ...process.env, DOCKER_HOST: host, DOCKER_BUILDKIT: '0' },
      maxBuffer: OUTPUT_BYTES,
    });
    return stdout;
  };

const answers = (host: string): Promise<boolean> =>
  client(host)('version', '--format', '{{.Server.Version}}').then(
    () => true,
    () => false,
  );

export const isInstalled = (program: string): Promise<boolean> =>
  promisify(execFile)('sh', ['-c', `command -v ${program}`]).then(
    () => true,
    () => false,
  );
