/**
 * Runs containers as processes of this machine. The configuration replaces an image by a local
 * command.
 *
 * 1. A container ends with its main process; its other processes are then killed.
 * 2. A volume is a folder. In commands and variables, the paths of the volume in the container are
 *    replaced by the path of the folder.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type {
  ContainerExit,
  ContainerPlan,
  Executor,
  RunningContainer,
  TaskPlan,
  TaskRuntime,
} from './executor.ts';

/** Replaces an image. */
export interface LocalImage {
  /** Precedes the container's command, like an image's ENTRYPOINT. */
  readonly entrypoint?: readonly string[];
  /** The command of a container that has none, like an image's CMD. */
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Local folders by their path in the image. Their paths are replaced like those of volumes. */
  readonly folders?: Readonly<Record<string, string>>;
}

export interface SubprocessOptions {
  /**
   * By image; `*` applies to all other images. A container of an image without an entry runs its
   * own command.
   */
  readonly images?: Readonly<Record<string, LocalImage>>;
  /** Whether images without an entry cannot be pulled. Default: false. */
  readonly onlyKnownImages?: boolean;
}

const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG'];
const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGTERM: 15,
};

export function subprocessExecutor({
  images = {},
  onlyKnownImages = false,
}: SubprocessOptions = {}): Executor {
  const alive = new Set<ChildProcess>();
  const killAll = () => {
    for (const child of alive) killGroup(child);
  };
  process.once('exit', killAll);
  return {
    name: 'subprocess',
    open: async (task) => {
      const folder = await mkdtemp(join(tmpdir(), 'batch-task-'));
      const volumes = await makeVolumes(task, folder);
      const runtime: TaskRuntime = {
        start: async (container, write) => {
          const image = images[container.image] ?? images['*'];
          if (image === undefined && onlyKnownImages)
            throw new Error(
              `CannotPullContainerError: pull access denied for ${container.image}, repository does not exist`,
            );
          return start(container, image ?? {}, volumes, folder, alive, write);
        },
        remove: () => rm(folder, { recursive: true, force: true }),
      };
      return runtime;
    },
    close: async () => {
      process.off('exit', killAll);
      killAll();
    },
  };
}

async function makeVolumes(
  { volumes }: TaskPlan,
  folder: string,
): Promise<ReadonlyMap<string, string>> {
  const paths = new Map<string, string>();
  for (const { name = '', host } of volumes) {
    const path =
      host?.sourcePath ?? join(folder, `volume-${name.replaceAll(/[^A-Za-z0-9_-]/gu, '_')}`);
    await mkdir(path, { recursive: true });
    paths.set(name, path);
  }
  return paths;
}

async function start(
  container: ContainerPlan,
  image: LocalImage,
  volumes: ReadonlyMap<string, string>,
  folder: string,
  alive: Set<ChildProcess>,
  write: (line: string) => void,
): Promise<RunningContainer> {
  const local = localPaths(container, image, volumes);
  const [file, ...words] = [
    ...(image.entrypoint ?? []),
    ...(container.command ?? image.command ?? []),
  ].map(local);
  if (file === undefined)
    throw new Error(`CannotStartContainerError: no command specified for ${container.image}`);
  const inherited = Object.fromEntries(
    INHERITED.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    ),
  );
  const own = Object.fromEntries(
    Object.entries({ ...image.environment, ...container.environment }).map(([name, value]) => [
      name,
      local(value),
    ]),
  );
  const child = spawn(file, words, {
    cwd: image.cwd ?? folder,
    env: { ...inherited, ...own },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = exitOf(child, write);
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (error) =>
      reject(new Error(`CannotStartContainerError: ${error.message}`)),
    );
  });
  alive.add(child);
  child.once('exit', () => {
    killGroup(child);
    alive.delete(child);
  });
  return {
    ended,
    signal: (name) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
    },
  };
}

function exitOf(child: ChildProcess, write: (line: string) => void): Promise<ContainerExit> {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null)
      createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', write);
  }
  return new Promise((resolve) => {
    child.once('close', (code, signal) =>
      resolve({ exitCode: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0) }),
    );
  });
}

/** All processes of a container belong to the process group of its main process. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group has no processes.
  }
}

/** Replaces the container's paths. A volume hides a folder of the image at the same path. */
function localPaths(
  { mountPoints }: ContainerPlan,
  { folders = {} }: LocalImage,
  volumes: ReadonlyMap<string, string>,
): (text: string) => string {
  const replacements = new Map(Object.entries(folders));
  for (const { containerPath, sourceVolume = '' } of mountPoints) {
    const path = volumes.get(sourceVolume);
    if (containerPath !== undefined && path !== undefined)
      replacements.set(containerPath.replace(/\/$/u, ''), path);
  }
  if (replacements.size === 0) return (text) => text;
  const deepestFirst = [...replacements.keys()]
    .sort((a, b) => b.length - a.length)
    .map((path) => path.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'));
  // Matches only at the start of a path: /a/runner must not match in /data/a/runner.
  const pattern = new RegExp(`(?<![\\w./-])(?:${deepestFirst.join('|')})(?=$|[/\\s'":;,)])`, 'gu');
  return (text) => text.replaceAll(pattern, (path) => replacements.get(path) ?? path);
}
