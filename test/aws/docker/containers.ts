/**
 * Steps in real containers, started as AWS Batch starts them (with an init process, as their
 * definitions request). The step image is started by its command. For any other image, an init
 * container first copies the runner into a shared volume.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  INIT_COMMAND,
  INIT_VOLUME_FOLDER,
  RUNNER_COMMAND,
  RUNNER_FOLDER,
} from '../../../src/model/container.ts';
import type { SubmittedJob } from '../runner/container-services.ts';
import type { DockerEngine } from './engine.ts';
import { RUNNER_IMAGE } from './images.ts';

export interface ContainerOptions {
  /** An image other than the step image gets the runner from a volume. */
  readonly image?: string;
  readonly user?: string;
  readonly memory?: string;
  readonly variables?: Readonly<Record<string, string>>;
}

export interface RunningContainer {
  readonly ended: Promise<{ readonly exitCode: number; readonly log: string }>;
  /** Stops it like a reclaim: with SIGTERM, and with SIGKILL after `seconds`. */
  stop(seconds: number): Promise<void>;
  /** Resolves when the log holds the text. */
  logged(text: string): Promise<void>;
}

export async function startContainer(
  engine: DockerEngine,
  { environment }: SubmittedJob,
  options: ContainerOptions = {},
): Promise<RunningContainer> {
  const { image = RUNNER_IMAGE, user, memory, variables = {} } = options;
  const name = `headrace-${randomUUID()}`;
  const volume =
    image === RUNNER_IMAGE ? [] : ['--volume', `${await runnerVolume(engine)}:${RUNNER_FOLDER}:ro`];
  const limits = memory === undefined ? [] : ['--memory', memory, '--memory-swap', memory];
  const variableArgs = Object.entries({ ...environment, ...variables }).flatMap(
    ([variable, value]) => ['--env', `${variable}=${value}`],
  );
  const args = [
    'run',
    '--rm',
    '--init',
    '--name',
    name,
    '--network=host',
    ...volume,
    ...limits,
    ...(user === undefined ? [] : ['--user', user]),
    ...variableArgs,
    image,
    ...RUNNER_COMMAND,
  ];
  const { log, ended } = follow(
    spawn('docker', args, {
      env: { ...process.env, DOCKER_HOST: engine.host },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  return {
    ended: ended.then((exitCode) => ({ exitCode, log: log.text })),
    async stop(seconds) {
      await engine.docker('stop', '--time', String(seconds), name);
    },
    logged: (text) =>
      Promise.race([log.untilIncludes(text), ended.then(() => assertLogged(log.text, text))]),
  };
}

export async function runContainer(
  engine: DockerEngine,
  submitted: SubmittedJob,
  options?: ContainerOptions,
) {
  return (await startContainer(engine, submitted, options)).ended;
}

async function runnerVolume(engine: DockerEngine): Promise<string> {
  const volume = (await engine.docker('volume', 'create')).trim();
  await engine.docker(
    'run',
    '--rm',
    '--network=none',
    '--user=root',
    '--volume',
    `${volume}:${INIT_VOLUME_FOLDER}`,
    RUNNER_IMAGE,
    ...INIT_COMMAND,
  );
  return volume;
}

/** The collected output of a container. */
class Log {
  text = '';
  readonly #checks = new Set<() => void>();

  add(chunk: Buffer): void {
    this.text += chunk;
    for (const check of this.#checks) check();
  }

  untilIncludes(text: string): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.text.includes(text)) resolve();
      };
      this.#checks.add(check);
      check();
    });
  }
}

function follow(child: ChildProcess): { readonly log: Log; readonly ended: Promise<number> } {
  const log = new Log();
  child.stdout?.on('data', (chunk: Buffer) => log.add(chunk));
  child.stderr?.on('data', (chunk: Buffer) => log.add(chunk));
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? -1));
  });
  return { log, ended };
}

function assertLogged(log: string, text: string): void {
  if (!log.includes(text))
    throw new Error(`the container exited before it logged ${text}:\n${log}`);
}
